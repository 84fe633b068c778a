/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layer_merge.h - lays the tree of one image over what lies in a directory; for this folder only.
 *
 * No symlink is followed on either side.  Files become hard links to the image's; a file that
 * can have no more links is copied.
 *
 * Errors:     -errno with err naming the entry; what was done so far stays.
 */
#pragma once

#include "stage0/store/store_chain.h"

/* from_dir: the image's root; to_dir: the root that it is laid into, of the same file system. */
int layer_merge(int from_dir, const struct store_filter *filter, int to_dir,
		struct error *err) MUST_CHECK;
