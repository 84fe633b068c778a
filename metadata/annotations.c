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

static int give(const char *annotation, const char *value, struct text *ret, struct error *err)
{
	if (value == NULL)
		return error_set(err, ENOENT, "there is no annotation \"%s\"", annotation);
	return text_append(ret, value) < 0 ? error_set(err, ENOMEM, "out of memory") : 0;
}

int annotations_find_of_pod(const struct text *pod_manifest, const char *annotation,
			    struct text *ret, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct pod_manifest pod;
	int r = manifests_parse_pod(&arena, pod_manifest, &pod, err);

	return r < 0 ? r
		     : give(annotation, manifest_pairs_get(&pod.annotations, annotation), ret, err);
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

/* The manifests of an app and of its image; they live in the arena. */
static int parse_app(struct arena *arena, const struct annotations_app *wanted,
		     const struct pod_app **ret_app, struct image_manifest *ret_image,
		     struct error *err)
{
	struct pod_manifest pod;
	int r = manifests_parse_pod(arena, wanted->pod_manifest, &pod, err);

	if (r == 0)
		r = manifests_parse_image(arena, wanted->image_manifest, ret_image, err);
	if (r < 0)
		return r;
	*ret_app = find_app(&pod, wanted->name);
	return *ret_app == NULL ? error_set(err, ENOENT, "the pod has no app %s", wanted->name) : 0;
}

int annotations_of_app(const struct annotations_app *wanted, struct text *ret, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct json_writer writer = { .out = ret };
	struct image_manifest image = { 0 };
	const struct pod_app *app;
	int r = parse_app(&arena, wanted, &app, &image, err);

	if (r < 0)
		return r;
	put_merged(&writer, &image.annotations, &app->annotations);
	return finish(&writer, err);
}

int annotations_find_of_app(const struct annotations_app *wanted, const char *annotation,
			    struct text *ret, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct image_manifest image = { 0 };
	const struct pod_app *app;
	const char *value;
	int r = parse_app(&arena, wanted, &app, &image, err);

	if (r < 0)
		return r;
	value = manifest_pairs_get(&app->annotations, annotation);
	if (value == NULL)
		value = manifest_pairs_get(&image.annotations, annotation);
	return give(annotation, value, ret, err);
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
