/* SPDX-License-Identifier: Apache-2.0 */
/*
 * digest.h - the digests that name blobs: "sha256:" or "sha512:" and lower-case hex digits.
 *
 * Source:    OCI image-spec, descriptor.md, "Digests".
 * Ownership: a hasher holds memory of libcrypto; digest_hasher_release() frees it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/base/cleanup.h"
#include "common/base/error.h"

#define DIGEST_TEXT_SIZE (7 + 128 + 1)

struct digest {
	char text[DIGEST_TEXT_SIZE]; /* "": none */
};

/* -EINVAL for whatever is not a digest of one of the two algorithms, whole. */
int digest_parse(const char *text, struct digest *ret) MUST_CHECK;

/* The hex digits. */
const char *digest_hex(const struct digest *digest);

struct digest_hasher {
	void *context; /* NULL: not begun */
	bool is_sha512;
};

#define auto_digest_hasher CLEANUP(digest_hasher_release)

/* With the algorithm of another digest; NULL: SHA-256.  -ENOMEM, -EIO: libcrypto lacks it. */
int digest_hasher_begin(struct digest_hasher *hasher, const struct digest *like) MUST_CHECK;
int digest_hasher_add(struct digest_hasher *hasher, const void *data, size_t length) MUST_CHECK;
int digest_hasher_end(struct digest_hasher *hasher, struct digest *ret) MUST_CHECK;
void digest_hasher_release(struct digest_hasher *hasher);

/* The SHA-256 of some bytes. */
int digest_of(const void *data, size_t length, struct digest *ret) MUST_CHECK;
