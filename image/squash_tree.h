/* SPDX-License-Identifier: Apache-2.0 */
/*
 * squash_tree.h - layers put one upon the other in a directory; for this folder only.
 *
 * Names:      plain (entry_name.h), from the root of the image.  Parents are opened as if the
 *             tree were "/": a link of a lower layer ("lib" is "usr/lib") is followed inside of it,
 *             as container engines do, and cannot lead out.  The last component never is.
 * Replacing:  the last layer wins: files replace directories and the reverse; two directories
 *             become one with the upper's metadata.
 * Whiteouts:  take away what lower layers have put there, never what the same layer has,
 *             whatever the order of its entries.
 * Times:      whole seconds, so that the tree and the archive made of it agree.  Changes
 *             in a directory leave its time alone.  Parents that no layer has are
 *             root's, 0755, of 1970: the same result every time.
 * Memory:     eight bytes for each name of the current layer.
 * Needs:      root, at least CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_FSETID, CAP_SETFCAP.
 * Ownership:  the tree borrows root_fd and owns the rest until squash_tree_release().
 * Errors:     -errno; err says what, without the entry's name.
 */
#pragma once

#include <stdbool.h>
#include <time.h>

#include "image/entry_name.h"
#include "image/name_table.h"
#include "image/tar_reader.h"

#define SQUASH_MAX_LAYER_NAMES 1500000U

struct squash_tree {
	int root_fd;
	int parent_fd; /* of the last entry; layers keep siblings together */
	char parent[ENTRY_NAME_SIZE];
	struct timespec parent_times[2]; /* to be put back */
	bool parent_is_made;             /* noted as touched by the current layer */
	struct name_table made;          /* by the current layer, parents included */
	unsigned char *buffer;           /* for files' data */
	uint32_t n_dropped_xattrs;
};

/* root_fd: an empty directory, open for reading. */
int squash_tree_begin(struct squash_tree *tree, int root_fd, struct error *err) MUST_CHECK;

int squash_tree_begin_layer(struct squash_tree *tree, struct error *err) MUST_CHECK;

/* Files, symlinks, fifos and directories; "" is the root itself. */
int squash_tree_add(struct squash_tree *tree, const char *name, const struct tar_entry *entry,
		    struct tar_reader *data, struct error *err) MUST_CHECK;

/* A further name for what is there, of whatever layer; no directory. */
int squash_tree_link(struct squash_tree *tree, const char *name, const char *existing,
		     struct error *err) MUST_CHECK;

/* A whiteout of last in the directory of name; last NULL: of all that is in it. */
int squash_tree_remove(struct squash_tree *tree, const char *name, const char *last,
		       struct error *err) MUST_CHECK;

/* Leaves the last directory as it should be. */
int squash_tree_finish(struct squash_tree *tree, struct error *err) MUST_CHECK;

void squash_tree_release(struct squash_tree *tree);
