/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image_facts.h - what one pass over an image tells.
 *
 * Ownership: manifest is malloc()ed; image_facts_release() frees it.
 */
#pragma once

#include <stdint.h>

#include "image/compression.h"
#include "image/image_id.h"

struct image_facts {
	struct image_id id;
	char *manifest; /* the file's bytes and a NUL; not parsed, it may hold NULs */
	size_t manifest_length;
	uint64_t unpacked_bytes; /* of the tar archive */
	uint64_t packed_bytes;   /* of the file */
	uint64_t n_sockets;      /* of image_write(): left out */
	uint64_t content_bytes;  /* of all regular files below rootfs */
	uint32_t n_entries;      /* manifest and rootfs included */
	uint32_t n_dropped_xattrs;
	enum image_compression compression;
};

#define auto_image_facts CLEANUP(image_facts_release)

void image_facts_release(struct image_facts *facts);
