/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blob_unpack.h - a layer's bytes, unpacked and verified on the way.
 *
 * Packing:    plain, gzip (of any number of members) or zstd (of any number of frames), told by the
 *             first bytes, whatever the media type says.
 * Verified:   the blob's size and digest, its compression's checksums, no data behind its end.
 * Memory:     128 KiB and the window of the compression: 32 KiB for gzip, at most 32 MiB
 *             for zstd; more is refused.
 * Ownership:  the blob stays the caller's and must outlive the unpacker.
 * Errors:     -EINVAL damaged or not what its digest promises, -EFBIG a limit, -errno.
 */
#pragma once

#include "image/blob_source.h"

struct blob_unpacker;

#define auto_blob_unpacker CLEANUP(blob_unpacker_close)

/* digest: of the packed bytes, or NULL. */
int blob_unpacker_open(struct blob *blob, const struct digest *digest, struct blob_unpacker **ret,
		       struct error *err) MUST_CHECK;

/* True when the bytes are not packed: the digest is of what is handed out. */
bool blob_unpacker_is_plain(const struct blob_unpacker *unpacker);

/* Up to size bytes, 0 at the end; by then everything has been verified. */
ssize_t blob_unpacker_read(struct blob_unpacker *unpacker, void *buffer, size_t size,
			   struct error *err) MUST_CHECK;

/* Of a variable's address; NULL inside is fine. */
void blob_unpacker_close(struct blob_unpacker **held);
