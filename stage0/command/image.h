/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image.h - the commands below `rkt image`.
 */
#pragma once

#include "stage0/command/places.h"

extern const struct command command_image_cat_manifest;
extern const struct command command_image_export;
extern const struct command command_image_extract;
extern const struct command command_image_gc;
extern const struct command command_image_list;
extern const struct command command_image_render;
extern const struct command command_image_rm;
extern const struct command command_image_verify;

/*
 * Removes an image of the store and says so on stdout; a tree that a pod uses stays, and a
 * warning tells it.
 */
int image_remove(const struct command_call *call, const struct places *places, const char *id,
		 struct error *err) MUST_CHECK;

/* The first argument's image, and its manifest if ret_manifest is given; call: two arguments. */
int image_open(const struct command_call *call, const struct places *places,
	       struct store_image *ret, struct text *ret_manifest, struct error *err) MUST_CHECK;
