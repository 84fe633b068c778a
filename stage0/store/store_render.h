/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_render.h - an image laid over those it depends on, as one tree of the store.
 *
 * Made once for each chain of images (store_chain.h) and found by a key of the chain; the
 * tree's file "chain" has the ids, so that a key is never believed alone.  Files are
 * hard links to those of the images' own trees: a rendered tree takes no space but its
 * directories, and outlives the images.  As those trees, it never changes.
 *
 * Laying:     a directory over a directory merges them and sets its metadata; whatever
 *             else meets something takes its place.  A path that a pathWhitelist on the
 *             way to the image does not list is left out.
 * Errors:     as store_chain_resolve(); -ENOSPC and the like, nothing of it visible then.
 * Processes:  any number; those that want the same tree wait for the first.
 */
#pragma once

#include "stage0/store/store_chain.h"

/* True when the tree of the image itself is not yet what its apps are to see. */
bool store_needs_rendering(const struct image_manifest *manifest);

/*
 * Replaces the image's own tree in *image by the rendered one; nothing happens to an
 * image that needs none.  All images of the chain count as used now.
 */
int store_render(const struct store *store, const struct image_manifest *manifest,
		 const struct store_fetcher *fetcher, struct store_image *image,
		 struct error *err) MUST_CHECK;

/*
 * Renders the chain once more and calls compare with the tree that is there and the new
 * one; returns its result, or 0 when there is none.  The new one is removed again.
 */
int store_render_compare(const struct store *store, const struct store_chain *chain,
			 int (*compare)(void *context, int rendered, int anew, struct error *err),
			 void *context, struct error *err) MUST_CHECK;
