/* SPDX-License-Identifier: Apache-2.0 */
/*
 * archive_writer.h - bytes into an image file: hashed, packed, written.
 *
 * Reproducible: one thread, a fixed level (gzip 6, xz 6, zstd 9), no file name and no
 *             time in gzip's header.  The id does not depend on the packing; the
 *             file's bytes do, and on the version of the packing library.
 * Ownership:  the fd stays the caller's.
 * Errors:     -errno of write(2); -ENOTSUP: bzip2, or a library without it.
 */
#pragma once

#include <stdint.h>

#include "image/compression.h"
#include "image/image_id.h"

struct archive_writer;

#define auto_archive_writer CLEANUP(archive_writer_close)

/* fd may be FD_NONE, with IMAGE_COMPRESSION_NONE: the bytes are only hashed. */
int archive_writer_open(int fd, enum image_compression compression, struct archive_writer **ret,
			struct error *err) MUST_CHECK;

int archive_writer_add(struct archive_writer *writer, const void *data, size_t length,
		       struct error *err) MUST_CHECK;

/* Writes what is still held back; gives the id of all bytes added. */
int archive_writer_finish(struct archive_writer *writer, struct image_id *ret_id,
			  struct error *err) MUST_CHECK;

/* Bytes added, and bytes written to the fd (all of them only after the finish). */
uint64_t archive_writer_unpacked(const struct archive_writer *writer);
uint64_t archive_writer_packed(const struct archive_writer *writer);

/* Of a variable's address; NULL inside is fine. */
void archive_writer_close(struct archive_writer **held);
