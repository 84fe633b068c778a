/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tar_header.h - one 512-byte header block of a tar archive, in both directions.
 *
 * Source:     POSIX.1-2017 pax, "ustar Interchange Format"; the GNU tar manual for
 *             its variant (magic "ustar  ", base-256 numbers, types L and K).
 * Strict:     numbers are octal digits that spaces or NULs end, or base-256 without a
 *             sign; anything else is -EINVAL.
 * Purity:     no allocation, no system calls.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/error.h"

#define TAR_BLOCK_SIZE 512U
#define TAR_FIELD_NAME 256U /* longest name a block can hold: 155 + '/' + 100 */

enum tar_format { TAR_V7, TAR_USTAR, TAR_GNU };

struct tar_header {
	enum tar_format format;
	char type;                     /* as in the block; NUL became '0' */
	char name[TAR_FIELD_NAME + 1]; /* prefix and name joined */
	char link_name[100 + 1];
	uint32_t mode; /* 07777 at most */
	uint64_t uid, gid;
	uint64_t size_bytes;
	int64_t mtime; /* seconds since 1970 */
	uint64_t major, minor;
};

/* True when the block's checksum is right; a block of zeros never is. */
bool tar_block_sums_up(const unsigned char *block);

bool tar_block_is_zero(const unsigned char *block);

/* Reads a block.  -EINVAL with err saying which field (without the entry's name). */
int tar_header_decode(const unsigned char *block, struct tar_header *ret,
		      struct error *err) MUST_CHECK;

/*
 * Fills a ustar block.  False when a field does not fit (name, link, ids, size);
 * the block then holds a cut name and zero for the number: PAX records say the rest.
 */
bool tar_header_encode(const struct tar_header *header, unsigned char *block);

/* True when the name, given in full, fits name and prefix, and how: bytes of the prefix, or 0. */
bool tar_name_split(const char *name, size_t length, size_t *ret_prefix);
