/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/command/image.h"
#include "stage0/command/manifest_output.h"

int image_cat_manifest(const struct command_call *call, const struct places *places,
		       struct error *err)
{
	const struct image_options *options = call->options;
	auto_store_image struct store_image image = STORE_IMAGE_NONE;
	auto_text struct text manifest = { 0 };
	int r;

	if (call->n_arguments != 1)
		return error_set(err, EINVAL, "exactly one image must be given");
	r = store_find(&places->store, call->arguments[0], &image, err);
	if (r == 0)
		r = store_read_manifest(&image, &manifest, err);
	return r < 0 ? r : manifest_print(call->arena, &manifest, options->pretty, err);
}
