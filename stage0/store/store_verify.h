/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_verify.h - whether an image's files are those that came into the store.
 *
 * The tree of each image is held against the sums that were taken when it was imported
 * (tree_sums.h); one that was rendered from several images, against a rendering made anew; the
 * disk of an image's own tree (store_disk.h), against one made anew.
 *
 * Errors:     -ENOENT: an image has no sums, because an older version of this program
 *             imported it; a dependency is missing; else of reading.
 */
#pragma once

#include "common/manifest/image_manifest.h"
#include "stage0/store/store.h"
#include "stage0/store/tree_sums.h"

/* How many entries differ, each of which reader was told of: 0 is good; or -errno. */
int store_verify(const struct store *store, const struct store_image *image,
		 const struct image_manifest *manifest, const struct tree_sums_reader *reader,
		 struct error *err) MUST_CHECK;
