/* SPDX-License-Identifier: Apache-2.0 */
/*
 * extract_tree.h - creates checked entries below a directory, following no link; for
 * this folder only.
 *
 * Names:      plain (entry_name.h).  Parents that the archive left out are made,
 *             0755 and the caller's.
 * Ownership:  the tree borrows target_fd and owns the rest until extract_tree_release().
 * Errors:     -errno; err says what, without the entry's name (the pass adds it).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "image/entry_name.h"
#include "image/tar_reader.h"

struct extract_directory; /* metadata to be applied at the end */

struct extract_tree {
	int target_fd;
	bool drop_owner;
	uint32_t n_dropped_xattrs;
	int parent_fd; /* of the last entry; archives keep siblings together */
	char parent[ENTRY_NAME_SIZE];
	struct extract_directory *directories;
	size_t n_directories, capacity;
	unsigned char *buffer; /* for files' data */
};

/* -ENOTEMPTY: the target has something in it. */
int extract_tree_begin(struct extract_tree *tree, int target_fd, bool drop_owner,
		       struct error *err) MUST_CHECK;

int extract_tree_add(struct extract_tree *tree, const char *name, const struct tar_entry *entry,
		     struct tar_reader *data, struct error *err) MUST_CHECK;

/* A further name for a regular file that this extraction has made. */
int extract_tree_link(struct extract_tree *tree, const char *name, const char *existing,
		      struct error *err) MUST_CHECK;

/* The manifest, whose content is in memory already. */
int extract_tree_add_manifest(struct extract_tree *tree, const struct tar_entry *entry,
			      const char *content, size_t length, struct error *err) MUST_CHECK;

/* Gives directories their owners, modes, xattrs and times. */
int extract_tree_finish(struct extract_tree *tree, struct error *err) MUST_CHECK;

void extract_tree_release(struct extract_tree *tree);
