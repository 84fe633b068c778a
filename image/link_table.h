/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link_table.h - inodes that will be met again, and the first name of each; for this folder
 * only.
 *
 * Memory: one record for each inode with links still to come; it goes with the last.
 */
#pragma once

#include <sys/stat.h>

#include "common/base/error.h"

struct link_record;

struct link_table {
	struct link_record **buckets;
	size_t n, n_buckets;
};

/*
 * Meets an inode under a name.  Returns 0 and remembers it the first time (a copy of the name),
 * or 1 and the first name, malloc()ed.  -ENOMEM.
 */
int link_table_meet(struct link_table *table, const struct stat *inode, const char *name,
		    char **ret_first) MUST_CHECK;

void link_table_release(struct link_table *table);
