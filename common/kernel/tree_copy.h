/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree_copy.h - a whole directory tree, copied: what a pod without overlays gets, and `image
 * extract`.
 *
 * Keeps types, modes, owners, times, extended attributes, device nodes and hard
 * links.  File contents are shared with the source where the file system can
 * (reflink), else copied.  No symlink is followed, on neither side; the source must
 * be at rest.
 *
 * Errors:     -errno with err naming the entry; what was copied so far stays.
 */
#pragma once

#include "common/base/error.h"

/* Copies the directory from_name below from_dir to to_name, which must not exist, below to_dir. */
int tree_copy(int from_dir, const char *from_name, int to_dir, const char *to_name,
	      struct error *err) MUST_CHECK;

/*
 * Copies one entry that is no directory under its own name, without looking for other names
 * of it; -errno.
 */
int tree_copy_entry(int from_dir, const char *name, int to_dir) MUST_CHECK;
