/* SPDX-License-Identifier: Apache-2.0 */
/*
 * output_directory.h - a directory that is there whole or not at all.
 *
 * It is filled under a temporary name beside its place.  The name below parent is free: the
 * caller makes the directory, by a copy for instance.
 *
 * Errors:     -EEXIST: something is there and is not to be replaced; -EBUSY, -EXDEV: a mount is
 *             in the way; what was there before stays then.
 */
#pragma once

#include <stdbool.h>

#include "common/base/arena.h"
#include "common/base/error.h"

struct output_directory {
	bool overwrite; /* set before the open: what is there may be replaced */
	int store;      /* the same: neither this directory may be replaced, nor what is below it */
	int parent;
	const char *name;      /* below parent */
	const char *temporary; /* the same */
	bool replaces;
	bool is_filled; /* the temporary one is in its place */
};

#define OUTPUT_DIRECTORY_NONE                                                                      \
	{                                                                                          \
		.parent = FD_NONE                                                                  \
	}
#define auto_output_directory CLEANUP(output_directory_release)

int output_directory_open(struct arena *arena, const char *path, struct output_directory *directory,
			  struct error *err) MUST_CHECK;

/* Gives it its name; what was there goes. */
int output_directory_commit(struct output_directory *directory, struct error *err) MUST_CHECK;

/* Removes what was not committed. */
void output_directory_release(struct output_directory *directory);
