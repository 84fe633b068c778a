/* SPDX-License-Identifier: Apache-2.0 */
/*
 * archive_reader.h - the uncompressed bytes of an image file, hashed on the way.
 *
 * One pass, one stream: bytes come from the fd, are unpacked in this process by
 * libarchive's filters (never by a program), counted against the limits, hashed
 * and handed out.  What is packed twice is unpacked once.
 *
 * Units:      bytes.
 * Memory:     flat: the buffers and the window of the compression (at most 128 MiB for zstd;
 *             RLIMIT_AS of image_confine() bounds a greedy xz).
 * Ownership:  the fd stays the caller's; it is read from its current position
 *             to its end, so pipes are fine.
 * Errors:     -EINVAL: not an image file, or its compression is damaged or ends early;
 *             -EFBIG: a limit; -errno of read(2).
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "image/compression.h"
#include "image/image_id.h"

struct archive_limits {
	uint64_t max_bytes;  /* uncompressed; 0: IMAGE_MAX_BYTES */
	uint64_t ratio_from; /* the ratio counts once so many bytes are unpacked;
				0: IMAGE_RATIO_FROM_BYTES */
	uint32_t max_ratio;  /* unpacked to packed; 0: IMAGE_MAX_RATIO */
};

#define IMAGE_MAX_BYTES ((uint64_t)64 << 30)
#define IMAGE_RATIO_FROM_BYTES                                                                     \
	((uint64_t)5 << 29) /* 2.5 GiB: less is no bomb, however small it packs */
#define IMAGE_MAX_RATIO 200U

struct archive_reader;

#define auto_archive_reader CLEANUP(archive_reader_close)

/* Reads the first bytes and chooses the filter by them, never by a file name. */
int archive_reader_open(int fd, const struct archive_limits *limits, struct archive_reader **ret,
			struct error *err) MUST_CHECK;

/* Where bytes come from that are no fd's: up to size of them, 0 at the end, or -errno with err. */
struct archive_input {
	ssize_t (*read)(void *context, void *buffer, size_t size, struct error *err);
	void *context;
};

/* Bytes that are unpacked already; nothing is hashed, so there is no id to be had. */
int archive_reader_open_plain(const struct archive_input *input,
			      const struct archive_limits *limits, struct archive_reader **ret,
			      struct error *err) MUST_CHECK;

/* Up to size bytes; fewer only at the end; 0 at the end. */
ssize_t archive_reader_read(struct archive_reader *reader, void *buffer, size_t size,
			    struct error *err) MUST_CHECK;

/* After the last byte was read: checks that nothing follows the packed stream; gives the id. */
int archive_reader_finish(struct archive_reader *reader, struct image_id *ret_id,
			  struct error *err) MUST_CHECK;

enum image_compression archive_reader_compression(const struct archive_reader *reader);

/* Bytes so far: unpacked ones handed out, packed ones taken from the fd. */
uint64_t archive_reader_unpacked(const struct archive_reader *reader);
uint64_t archive_reader_packed(const struct archive_reader *reader);

/* Of a variable's address, as CLEANUP wants; NULL inside is fine. */
void archive_reader_close(struct archive_reader **held);
