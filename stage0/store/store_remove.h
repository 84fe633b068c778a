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

/* How store_collect() works; all zero: rendered trees stay while their images are there. */
struct store_collection {
	/* Rendered trees (store_render.h) that were last used before go, too; since the epoch. */
	uint64_t unused_since_ns;
	void (*removed)(void *context, const char *tree_id); /* told of each tree; may be NULL */
	void *context;
};

/*
 * Removes what dead imports left, trees that no image and no pod needs, and notes of
 * source files and URLs whose image is gone.
 */
int store_collect(const struct store *store, const struct store_users *users,
		  const struct store_collection *collection, struct error *err) MUST_CHECK;
