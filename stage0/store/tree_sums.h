/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree_sums.h - what each entry of an image's tree was when it came into the store.
 *
 * The file DIR/sums has a line for DIR/manifest and for each entry of DIR/rootfs:
 *
 *   TYPE MODE USER GROUP DEVICE TIME SIZE XATTRS CONTENT PATH\n
 *
 * TIME is that of the content; XATTRS and CONTENT are XXH3 sums (64 and 128 bits), the
 * latter of a file's bytes or a link's target; "-" where an entry has none.  Bytes of PATH that
 * are not printable, blanks and '%' are written as %XX.
 *
 * XXH3 finds damage, not forgery: who can change the tree can change the sums.
 *
 * Memory:     flat when recording; with the number of entries when comparing.
 * Errors:     -errno with err naming the entry.
 */
#pragma once

#include "common/base/error.h"

/* Writes DIR/sums of a tree that is at rest; durable with the directory. */
int tree_sums_record(int tree, struct error *err) MUST_CHECK;

/* Told of each entry that differs: "rootfs/etc", "mode is 0600, was 0644". */
struct tree_sums_reader {
	void (*differs)(void *context, const char *path, const char *how);
	void *context;
};

/* Compares DIR with its sums: how many entries differ, or -errno; -ENOENT: it has no sums. */
int tree_sums_compare(int tree, const struct tree_sums_reader *reader,
		      struct error *err) MUST_CHECK;

/*
 * Compares DIR/rootfs with that of another tree made of the same files: one that has several
 * names is the same by its inode, and its content is not read.
 */
int tree_sums_compare_trees(int tree, int model, const struct tree_sums_reader *reader,
			    struct error *err) MUST_CHECK;
