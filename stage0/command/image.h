/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image.h - the commands below `rkt image`, which share one table of options.
 *
 * Each gets the arguments after its own name.  Returns as struct command's run.
 */
#pragma once

#include "stage0/command/places.h"

struct image_options {
	const char *fields; /* of list: comma-separated; NULL: all */
	const char *sort;
	const char *order;
	const char *format;
	bool full;
	bool no_legend;
	const char *pretty; /* of cat-manifest: a bool; NULL: true */
};

int image_list(const struct command_call *call, const struct places *places, struct error *err);
int image_rm(const struct command_call *call, const struct places *places, struct error *err);
int image_cat_manifest(const struct command_call *call, const struct places *places,
		       struct error *err);
