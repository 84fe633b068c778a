/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>

#include "stage0/command/image.h"
#include "stage0/store/store_export.h"

struct export_options {
	bool overwrite;
};

static const struct option_spec specs[] = {
	{ .name = "overwrite",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct export_options, overwrite),
	  .help = "replace the file if it is there" },
};

static int run(const struct command_call *call, struct error *err)
{
	const struct export_options *options = call->options;
	auto_places struct places places = PLACES_NONE;
	auto_store_image struct store_image image = STORE_IMAGE_NONE;
	auto_text struct text manifest = { 0 };
	auto_close int rootfs = FD_NONE;
	struct store_exported exported = { .id = "" };
	int r;

	if (call->n_arguments != 2)
		return error_set(err, EINVAL, "an image and the file to write must be given");
	r = places_open(call, &places, err);
	if (r == 0)
		r = image_open(call, &places, &image, &manifest, err);
	if (r < 0)
		return r;
	rootfs = openat(image.tree, "rootfs", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (rootfs < 0)
		return error_from_errno(err, "opening the files of %s", image.id);
	r = store_export(&(const struct store_export){ .rootfs = rootfs,
						       .archive = FD_NONE,
						       .manifest = &manifest,
						       .path = call->arguments[1],
						       .overwrite = options->overwrite },
			 &exported, err);
	if (r == -EEXIST)
		return error_set(err, EEXIST, "output ACI file exists (try --overwrite)");
	if (r == 0 && strcmp(exported.id, image.id) != 0)
		command_warn(call,
			     "the archive's id is %s, not the image's: its entries are in another "
			     "order than where the image came from",
			     exported.id);
	return r;
}

const struct command command_image_export = {
	.name = "export",
	.synopsis = "[options] IMAGE FILE",
	.summary = "writes an image of the store to a file",
	.specs = specs,
	.n_specs = ARRAY_LENGTH(specs),
	.options_size = sizeof(struct export_options),
	.arguments = "image list --no-legend",
	.needs_root = true,
	.run = run,
};
