/* SPDX-License-Identifier: Apache-2.0 */
#include "metadata/annotations.h"

#include <errno.h>
#include <string.h>

#include "common/json/json_writer.h"
#include "common/manifest/pod_manifest.h"
#include "metadata/manifests.h"

static const struct pod_app *find_app(const struct pod_manifest *pod, const char *name)
{
	for (size_t i = 0; i < pod->n_apps; i++)
		if (strcmp(pod->apps[i].name, name) == 0)
			return &pod->apps[i];
	return NULL;
}

static void put(struct json_writer *writer, const struct manifest_pair *pair, const char *value)
{
	json_begin_object(writer, NULL);
	json_put_string(writer, "name", pair->name);
	json_put_string(writer, "value", value);
	json_end_object(writer);
}

static int finish(struct json_writer *writer, struct error *err)
{
	int r = json_writer_finish(writer);

	return r < 0 ? error_set(err, -r, "writing annotations: %s", strerror(-r)) : 0;
}

int annotations_of_pod(const struct text *pod_manifest, struct text *ret, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct json_writer writer = { .out = ret };
	struct pod_manifest pod;
	int r = manifests_parse_pod(&arena, pod_manifest, &pod, err);

	if (r < 0)
		return r;
	json_begin_array(&writer, NULL);
	for (size_t i = 0; i < pod.annotations.n; i++)
		put(&writer, &pod.annotations.items[i], pod.annotations.items[i].value);
	json_end_array(&writer);
	return finish(&writer, err);
}

static void put_merged(struct json_writer *writer, const struct manifest_pairs *image,
		       const struct manifest_pairs *app)
{
	json_begin_array(writer, NULL);
	for (size_t i = 0; i < image->n; i++) {
		const char *replaced = manifest_pairs_get(app, image->items[i].name);

		put(writer, &image->items[i], replaced != NULL ? replaced : image->items[i].value);
	}
	for (size_t i = 0; i < app->n; i++)
		if (manifest_pairs_get(image, app->items[i].name) == NULL)
			put(writer, &app->items[i], app->items[i].value);
	json_end_array(writer);
}

int annotations_of_app(const struct text *pod_manifest, const struct text *image_manifest,
		       const char *name, struct text *ret, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct json_writer writer = { .out = ret };
	struct image_manifest image = { 0 };
	const struct pod_app *app;
	struct pod_manifest pod;
	int r = manifests_parse_pod(&arena, pod_manifest, &pod, err);

	if (r == 0)
		r = manifests_parse_image(&arena, image_manifest, &image, err);
	if (r < 0)
		return r;
	app = find_app(&pod, name);
	if (app == NULL)
		return error_set(err, ENOENT, "the pod has no app %s", name);
	put_merged(&writer, &image.annotations, &app->annotations);
	return finish(&writer, err);
}

int annotations_image_id(const struct text *pod_manifest, const char *name, struct text *ret,
			 struct error *err)
{
	auto_arena struct arena arena = { 0 };
	const struct pod_app *app;
	struct pod_manifest pod;
	int r = manifests_parse_pod(&arena, pod_manifest, &pod, err);

	if (r < 0)
		return r;
	app = find_app(&pod, name);
	if (app == NULL)
		return error_set(err, ENOENT, "the pod has no app %s", name);
	r = text_append(ret, app->image_id);
	return r < 0 ? error_set(err, -r, "out of memory") : 0;
}
