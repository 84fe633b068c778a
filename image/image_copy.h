/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image_copy.h - a hostile archive, entry by entry, as an image file of ours.
 *
 * What comes in is checked as image_check() does, what goes out is what image_write() would have
 * written of the same tree, as far as the order of the entries goes, which stays.  xattrs that an
 * image does not carry are dropped; the manifest is another one.
 *
 * Memory:     8 bytes for each entry, for the check.
 * Errors:     as of image_check() and image_write().  What was written so far stays for the caller
 *             to remove.
 */
#pragma once

#include "image/image_extract.h"

struct image_copy {
	int from, to; /* borrowed; from may be a pipe */
	const char *manifest;
	size_t manifest_length;
	enum image_compression compression; /* all but bzip2 */
	uint32_t first_id, n_ids;           /* as of image_write() */
};

int image_copy(const struct image_copy *wanted, struct image_facts *ret,
	       struct error *err) MUST_CHECK;
