/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/launch/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "stage0/pods/pod_mounts.h"

/* argv[0] of an entrypoint is absolute whatever --dir was. */
static int make_absolute(struct arena *arena, const char *path, const char **ret, struct error *err)
{
	auto_free char *here = NULL;

	if (path[0] == '/') {
		*ret = path;
		return 0;
	}
	here = getcwd(NULL, 0);
	if (here == NULL)
		return error_from_errno(err, "reading the working directory");
	*ret = arena_printf(arena, "%s/%s", here, path);
	return *ret == NULL ? error_set(err, ENOMEM, "out of memory") : 0;
}

int launch_open(const struct command_call *call, enum launch_mounts mounts, struct launch *ret,
		struct error *err)
{
	int r = 0;

	ret->call = call;
	ret->request = call->options;
	ret->starts_now = mounts == LAUNCH_WITH_MOUNTS;
	if (mounts == LAUNCH_WITH_MOUNTS)
		r = pod_mounts_enter(err);
	if (r == 0)
		r = command_data_dir(call, &ret->config, &ret->data_dir, err);
	if (r == 0)
		r = make_absolute(call->arena, command_data_path(call, &ret->config),
				  &ret->data_path, err);
	if (r == 0)
		r = store_open(ret->data_dir, &ret->store, err);
	if (r == 0)
		r = pods_open(ret->data_dir, &ret->pods, err);
	return r;
}

void launch_close(struct launch *launch)
{
	for (size_t i = 0; i < launch->n_images; i++)
		store_image_release(&launch->images[i].stored);
	store_image_release(&launch->stage1.stored);
	pods_close(&launch->pods);
	store_close(&launch->store);
	cleanup_close(&launch->data_dir);
}

int launch_read_manifest(const struct launch *launch, const struct store_image *image,
			 struct image_manifest *ret, struct error *err)
{
	auto_text struct text content = { 0 };
	const char *place;
	int r = store_read_manifest(image, &content, err);

	if (r < 0)
		return r;
	place = arena_printf(launch->call->arena, "manifest of %s", image->id);
	if (place == NULL)
		return error_set(err, ENOMEM, "out of memory");
	return image_manifest_parse(launch->call->arena,
				    &(const struct json_source){ .text = text_string(&content),
								 .length = content.length,
								 .place = place },
				    ret, err);
}
