/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_file.h - the files of one folder of configuration; for this folder only.
 */
#pragma once

#include <stdbool.h>

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/json/json_decoder.h"

/* A kind of configuration and how one file of it is read into target. */
struct config_kind {
	const char *folder; /* "paths.d" */
	const char *name;   /* "paths"; its only version is "v1" */
	const struct json_table *table;
	/* Merges one decoded file into the place's values; -EINVAL via json_refuse(): set twice. */
	int (*merge)(struct json_decoder *decoder, const void *decoded, void *place);
};

/* The kinds that may be in one folder; all of them name it. */
struct config_kinds {
	const struct config_kind *items;
	size_t n;
	bool are_secret; /* what who is not root may not read is not there for him */
};

/* Reads all *.json of place/folder, in the order of their names. */
int config_folder_read(struct arena *arena, const char *place, const struct config_kinds *kinds,
		       void *values, struct error *err) MUST_CHECK;
