/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image extract and image render - an image's files as a plain directory: its own, or laid over
 * those of the images it depends on.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "common/kernel/tree_copy.h"
#include "stage0/command/image.h"
#include "stage0/command/output_directory.h"
#include "stage0/store/store_render.h"

struct extract_options {
	bool overwrite;
	bool rootfs_only;
};

static const struct option_spec specs[] = {
	{ .name = "overwrite",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct extract_options, overwrite),
	  .help = "replace the directory if it is there" },
	{ .name = "rootfs-only",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct extract_options, rootfs_only),
	  .help = "the files of the image without its manifest" },
};

static int copy_layout(int tree, const struct output_directory *output, struct error *err)
{
	auto_close int to = FD_NONE;
	int r;

	if (mkdirat(output->parent, output->temporary, 0755) < 0)
		return error_from_errno(err, "making %s", output->temporary);
	to = openat(output->parent, output->temporary,
		    O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (to < 0)
		return error_from_errno(err, "opening %s", output->temporary);
	r = tree_copy_entry(tree, "manifest", to);
	if (r < 0)
		return error_set(err, -r, "copying the manifest: %s", strerror(-r));
	return tree_copy(tree, "rootfs", to, "rootfs", err);
}

static int copy(const struct command_call *call, const struct places *places,
		const struct store_image *image, struct error *err)
{
	const struct extract_options *options = call->options;
	auto_output_directory struct output_directory output = OUTPUT_DIRECTORY_NONE;
	int r;

	output.overwrite = options->overwrite;
	output.store = places->data_dir;
	r = output_directory_open(call->arena, call->arguments[1], &output, err);
	if (r < 0)
		return r;
	r = options->rootfs_only
		? tree_copy(image->tree, "rootfs", output.parent, output.temporary, err)
		: copy_layout(image->tree, &output, err);
	return r < 0 ? r : output_directory_commit(&output, err);
}

static int render(const struct command_call *call, const struct places *places,
		  struct store_image *image, const struct text *manifest, struct error *err)
{
	struct image_manifest parsed = { 0 };
	int r = image_manifest_parse(call->arena,
				     &(const struct json_source){ .text = text_string(manifest),
								  .length = manifest->length,
								  .place = "the manifest" },
				     &parsed, err);

	return r < 0 ? r : store_render(&places->store, &parsed, NULL, image, err);
}

static int run_either(const struct command_call *call, bool rendered, struct error *err)
{
	auto_places struct places places = PLACES_NONE;
	auto_store_image struct store_image image = STORE_IMAGE_NONE;
	auto_text struct text manifest = { 0 };
	int r;

	if (call->n_arguments != 2)
		return error_set(err, EINVAL, "an image and the directory to make must be given");
	r = places_open(call, &places, err);
	if (r == 0)
		r = image_open(call, &places, &image, &manifest, err);
	if (r == 0 && rendered)
		r = render(call, &places, &image, &manifest, err);
	return r < 0 ? r : copy(call, &places, &image, err);
}

static int run_extract(const struct command_call *call, struct error *err)
{
	return run_either(call, false, err);
}

static int run_render(const struct command_call *call, struct error *err)
{
	return run_either(call, true, err);
}

const struct command command_image_extract = {
	.name = "extract",
	.synopsis = "[options] IMAGE DIR",
	.summary = "copies an image's own files to a directory",
	.specs = specs,
	.n_specs = ARRAY_LENGTH(specs),
	.options_size = sizeof(struct extract_options),
	.arguments = "image list --no-legend",
	.needs_root = true,
	.run = run_extract,
};

const struct command command_image_render = {
	.name = "render",
	.synopsis = "[options] IMAGE DIR",
	.summary = "copies the files that an app of the image sees, dependencies included",
	.specs = specs,
	.n_specs = ARRAY_LENGTH(specs),
	.options_size = sizeof(struct extract_options),
	.arguments = "image list --no-legend",
	.needs_root = true,
	.run = run_render,
};
