/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image - the images of the store; one file for each command below it.
 */
#include "stage0/command/image.h"

static const struct command *const subcommands[] = {
	&command_image_list,   &command_image_rm,      &command_image_cat_manifest,
	&command_image_export, &command_image_extract, &command_image_render,
	&command_image_verify, &command_image_gc,      NULL,
};

int image_open(const struct command_call *call, const struct places *places,
	       struct store_image *ret, struct text *ret_manifest, struct error *err)
{
	int r = store_find(&places->store, call->arguments[0], ret, err);

	return r < 0 || ret_manifest == NULL
		   ? r
		   : store_show_manifest(&places->store, ret, ret_manifest, err);
}

const struct command command_image = {
	.name = "image",
	.synopsis = "COMMAND [options] [IMAGE…]",
	.summary = "looks after the images of the store",
	.subcommands = subcommands,
};
