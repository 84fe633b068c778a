/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pod/pod_directory.h"

#include <errno.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/text.h"

int pod_load_manifest(int pod_fd, struct arena *arena, struct pod_manifest *ret, struct error *err)
{
	auto_text struct text text = { 0 };
	int r = file_read_at(pod_fd, "pod", MANIFEST_MAX_BYTES, &text, err);

	if (r < 0)
		return r;
	return pod_manifest_parse(arena,
				  &(const struct json_source){ .text = text_string(&text),
							       .length = text.length,
							       .place = "the pod manifest" },
				  ret, err);
}

/* Where the app's image is rendered, else where stage0 keeps what it knows of it. */
static int read_image_manifest(int pod_fd, const char *app, struct text *text, struct error *err)
{
	static const char *const places[] = { "stage1/rootfs/opt/stage2", "appsinfo" };
	int r = -ENOENT;

	for (size_t i = 0; i < ARRAY_LENGTH(places) && r == -ENOENT; i++) {
		auto_text struct text path = { 0 };

		(void)text_printf(&path, "%s/%s/manifest", places[i], app);
		if (text_status(&path) < 0)
			return error_set(err, ENOMEM, "app %s: out of memory", app);
		error_clear(err);
		r = file_read_at(pod_fd, text_string(&path), MANIFEST_MAX_BYTES, text, err);
	}
	return r;
}

static int load_image(int pod_fd, struct arena *arena, const struct pod_app *app,
		      struct image_manifest *ret, struct error *err)
{
	auto_text struct text text = { 0 };
	const char *place = arena_printf(arena, "the image manifest of app %s", app->name);
	int r;

	if (place == NULL)
		return error_set(err, ENOMEM, "app %s: out of memory", app->name);
	r = read_image_manifest(pod_fd, app->name, &text, err);
	if (r < 0)
		return error_prefix(err, "app %s", app->name);
	/* The name in the pod manifest is the caller's remark: the id chose the image. */
	return image_manifest_parse(arena,
				    &(const struct json_source){ .text = text_string(&text),
								 .length = text.length,
								 .place = place },
				    ret, err);
}

int pod_load(int pod_fd, struct arena *arena, struct pod *ret, struct error *err)
{
	struct pod pod = { 0 };
	struct image_manifest *images;
	int r = pod_load_manifest(pod_fd, arena, &pod.manifest, err);

	if (r < 0)
		return r;
	images = arena_array(arena, pod.manifest.n_apps, struct image_manifest);
	if (images == NULL)
		return error_set(err, ENOMEM, "reading the pod: out of memory");
	for (size_t i = 0; i < pod.manifest.n_apps; i++) {
		r = load_image(pod_fd, arena, &pod.manifest.apps[i], &images[i], err);
		if (r < 0)
			return r;
	}
	pod.images = images;
	*ret = pod;
	return 0;
}
