/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_remove.h - taking images out of the store, and what is left over.
 *
 * An image can always be removed; its tree only when no pod needs it, and nobody
 * is about to make one that does (struct store_image holds a lock).  A tree that
 * stays is collected once its last pod is gone.
 *
 * Errors:     -errno, err filled.
 */
#pragma once

#include "stage0/store/store.h"

/* Whether a pod uses a tree: 1, 0 or -errno with err filled. */
struct store_users {
	int (*uses)(void *context, const char *tree_id, struct error *err);
	void *context;
};

/* -ENOENT: no such image.  *ret_kept: the tree is still there. */
int store_remove(const struct store *store, const char *id, const struct store_users *users,
		 bool *ret_kept, struct error *err) MUST_CHECK;

/*
 * Removes what dead imports left, trees that no image and no pod needs, and notes of
 * source files whose image is gone.  *ret_trees: how many trees were removed.
 */
int store_collect(const struct store *store, const struct store_users *users, size_t *ret_trees,
		  struct error *err) MUST_CHECK;
