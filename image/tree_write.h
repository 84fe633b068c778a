/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree_write.h - the tar archive of an image from a directory, wherever its bytes go.
 *
 * What image_write() does, without packing and hashing: for who has no room for the libraries that
 * those take.
 */
#pragma once

#include "image/image_write.h"
#include "image/tar_writer.h"

/* An owner as it goes into the archive, first_id and n_ids as of image_write(). */
static inline uint32_t tree_write_id(uint32_t id, uint32_t first_id, uint32_t n_ids)
{
	return id >= first_id && id - first_id < n_ids ? id - first_id : id;
}

/* Fills entries, sockets and bytes of *counts. */
int tree_write(const struct tar_output *output, const struct image_source *source,
	       const struct image_write_options *options, struct image_facts *counts,
	       struct error *err) MUST_CHECK;
