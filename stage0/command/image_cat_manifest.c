/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "stage0/command/image.h"
#include "stage0/command/image_pending.h"
#include "stage0/command/manifest_output.h"

struct cat_options {
	const char *pretty;
};

static const struct option_spec specs[] = {
	{ .name = "pretty-print",
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct cat_options, pretty),
	  .value_name = "BOOL",
	  .help = "indent the output",
	  .default_text = "true",
	  .implied = "true" },
};

static int run(const struct command_call *call, struct error *err)
{
	const struct cat_options *options = call->options;
	auto_places struct places places = PLACES_NONE;
	auto_store_image struct store_image image = STORE_IMAGE_NONE;
	auto_text struct text manifest = { 0 };
	struct error missing = { 0 };
	int r;

	if (call->n_arguments != 1)
		return error_set(err, EINVAL, "exactly one image must be given");
	r = places_open(call, &places, err);
	if (r == 0)
		r = image_open(call, &places, &image, &manifest, err);
	if (r == -ENOENT && image_pending_manifest(&places.store, call->arena, call->arguments[0],
						   &manifest, &missing) == 0) {
		error_clear(err);
		r = 0;
	}
	return r < 0 ? r : manifest_print(call->arena, &manifest, options->pretty, err);
}

const struct command command_image_cat_manifest = {
	.name = "cat-manifest",
	.synopsis = "[options] IMAGE",
	.summary = "prints the manifest of an image",
	.specs = specs,
	.n_specs = ARRAY_LENGTH(specs),
	.options_size = sizeof(struct cat_options),
	.arguments = "image list --no-legend",
	.run = run,
};
