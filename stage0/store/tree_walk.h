/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree_walk.h - the lines of tree_sums.h from a tree; for this folder only.
 */
#pragma once

#include <stdbool.h>

#include "common/base/error.h"

struct tree_walk {
	bool by_inode; /* CONTENT of a file with several names is its inode */
	/* Gets one line after the other, without newline.  A negative result ends the walk. */
	int (*line)(void *context, const char *line, struct error *err);
	void *context;
};

/* The entry name below dir_fd, called so in the lines, and all that is below it. */
int tree_walk(const struct tree_walk *walk, int dir_fd, const char *name,
	      struct error *err) MUST_CHECK;
