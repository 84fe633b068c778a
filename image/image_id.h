/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image_id.h - the SHA-512 that names an image: of its uncompressed tar bytes.
 *
 * Source:    App Container spec, types.md, "Image ID Type".
 * Ownership: a hasher holds memory of libcrypto; image_hasher_release() frees it.
 */
#pragma once

#include <stddef.h>

#include "common/base/error.h"

#define IMAGE_ID_TEXT_SIZE (7 + 128 + 1) /* "sha512-", 128 lower-case hex digits, NUL */

struct image_id {
	char text[IMAGE_ID_TEXT_SIZE]; /* always the full 128 digits; rkt shows and stores 64 */
};

struct image_hasher {
	void *context; /* NULL: not begun */
};

/* -ENOMEM, or -EIO when libcrypto has no SHA-512. */
int image_hasher_begin(struct image_hasher *hasher) MUST_CHECK;
int image_hasher_add(struct image_hasher *hasher, const void *data, size_t length) MUST_CHECK;
int image_hasher_end(struct image_hasher *hasher, struct image_id *ret) MUST_CHECK;
void image_hasher_release(struct image_hasher *hasher);
