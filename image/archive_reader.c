/* SPDX-License-Identifier: Apache-2.0 */
#include "image/archive_reader.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "image/tar_header.h"

#define INPUT_BYTES ((size_t)128 << 10)

struct archive_reader {
	int fd;
	struct archive_input plain; /* instead of the fd, when it has a read */
	struct archive_limits limits;
	enum image_compression compression;
	struct archive *unpacker; /* NULL: the bytes are taken as they are */
	struct image_hasher hasher;
	unsigned char *input;       /* what came from the fd; the filters read from it in place */
	size_t n_start;             /* bytes in input that were read to choose the filter */
	const unsigned char *block; /* unpacked, not yet handed out */
	size_t block_length;
	uint64_t packed;
	uint64_t unpacked;
	int read_errno; /* of the last read(2) that failed, else 0 */
};

static void apply_defaults(struct archive_limits *limits)
{
	if (limits->max_bytes == 0)
		limits->max_bytes = IMAGE_MAX_BYTES;
	if (limits->ratio_from == 0)
		limits->ratio_from = IMAGE_RATIO_FROM_BYTES;
	if (limits->max_ratio == 0)
		limits->max_ratio = IMAGE_MAX_RATIO;
}

/* One read(2) that is not interrupted: bytes, 0 at the end, -errno. */
static ssize_t read_input(struct archive_reader *reader, unsigned char *buffer, size_t size)
{
	ssize_t n;

	do
		n = read(reader->fd, buffer, size);
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		reader->read_errno = errno;
		return -errno;
	}
	reader->packed += (uint64_t)n;
	return n;
}

static ssize_t feed_unpacker(struct archive *unpacker, void *context, const void **ret_buffer)
{
	struct archive_reader *reader = context;
	ssize_t n = (ssize_t)reader->n_start;

	*ret_buffer = reader->input;
	if (n > 0) {
		reader->n_start = 0;
		return n;
	}
	n = read_input(reader, reader->input, INPUT_BYTES);
	if (n < 0)
		archive_set_error(unpacker, (int)-n, "%s", strerror((int)-n));
	return n < 0 ? -1 : n;
}

static int read_start(struct archive_reader *reader, struct error *err)
{
	while (reader->n_start < TAR_BLOCK_SIZE) {
		ssize_t n = read_input(reader, reader->input + reader->n_start,
				       TAR_BLOCK_SIZE - reader->n_start);

		if (n < 0)
			return error_set(err, (int)-n, "reading the image: %s", strerror((int)-n));
		if (n == 0)
			break;
		reader->n_start += (size_t)n;
	}
	if (image_compression_detect(reader->input, reader->n_start, &reader->compression) < 0)
		return error_set(err, EINVAL,
				 "this is no image: neither a tar archive nor one packed by gzip, "
				 "bzip2, xz or zstd");
	return 0;
}

static int unpacking_failed(struct archive_reader *reader, struct error *err)
{
	if (reader->read_errno != 0)
		return error_set(err, reader->read_errno, "reading the image: %s",
				 strerror(reader->read_errno));
	if (archive_errno(reader->unpacker) == ENOMEM)
		return error_set(err, ENOMEM, "unpacking the image: out of memory");
	return error_set(err, EINVAL, "the image's %s data is damaged or incomplete: %s",
			 image_compression_name(reader->compression),
			 archive_error_string(reader->unpacker));
}

static int open_unpacker(struct archive_reader *reader, struct error *err)
{
	static const int filters[] = {
		[IMAGE_COMPRESSION_GZIP] = ARCHIVE_FILTER_GZIP,
		[IMAGE_COMPRESSION_BZIP2] = ARCHIVE_FILTER_BZIP2,
		[IMAGE_COMPRESSION_XZ] = ARCHIVE_FILTER_XZ,
		[IMAGE_COMPRESSION_ZSTD] = ARCHIVE_FILTER_ZSTD,
	};
	struct archive *unpacker = archive_read_new();
	struct archive_entry *entry;

	if (unpacker == NULL)
		return error_set(err, ENOMEM, "unpacking the image: out of memory");
	reader->unpacker = unpacker;
	/* Appended, not supported: libarchive would unpack the result again if it looked packed.
	 * A warning means that it would call a program. */
	if (archive_read_append_filter(unpacker, filters[reader->compression]) != ARCHIVE_OK)
		return error_set(err, ENOTSUP, "this libarchive cannot unpack %s",
				 image_compression_name(reader->compression));
	if (archive_read_support_format_raw(unpacker) != ARCHIVE_OK ||
	    archive_read_open(unpacker, reader, NULL, feed_unpacker, NULL) != ARCHIVE_OK ||
	    archive_read_next_header(unpacker, &entry) != ARCHIVE_OK)
		return unpacking_failed(reader, err);
	return 0;
}

static int open_reader(struct archive_reader *reader, struct error *err)
{
	int r;

	reader->input = malloc(INPUT_BYTES);
	r = reader->input == NULL ? -ENOMEM : image_hasher_begin(&reader->hasher);
	if (r < 0)
		return error_set(err, -r, "preparing to read an image: %s", strerror(-r));
	r = read_start(reader, err);
	if (r < 0)
		return r;
	if (reader->compression != IMAGE_COMPRESSION_NONE)
		return open_unpacker(reader, err);
	reader->block = reader->input;
	reader->block_length = reader->n_start;
	return 0;
}

int archive_reader_open(int fd, const struct archive_limits *limits, struct archive_reader **ret,
			struct error *err)
{
	auto_archive_reader struct archive_reader *reader = calloc(1, sizeof(*reader));
	int r;

	if (reader == NULL)
		return error_set(err, ENOMEM, "preparing to read an image: out of memory");
	reader->fd = fd;
	if (limits != NULL)
		reader->limits = *limits;
	apply_defaults(&reader->limits);
	r = open_reader(reader, err);
	if (r < 0)
		return r;
	*ret = take_ptr(&reader);
	return 0;
}

int archive_reader_open_plain(const struct archive_input *input,
			      const struct archive_limits *limits, struct archive_reader **ret,
			      struct error *err)
{
	auto_archive_reader struct archive_reader *reader = calloc(1, sizeof(*reader));

	if (reader != NULL)
		reader->input = malloc(INPUT_BYTES);
	if (reader == NULL || reader->input == NULL)
		return error_set(err, ENOMEM, "preparing to read an image: out of memory");
	reader->fd = FD_NONE;
	reader->plain = *input;
	if (limits != NULL)
		reader->limits = *limits;
	apply_defaults(&reader->limits);
	*ret = take_ptr(&reader);
	return 0;
}

/* Bytes of the plain input into a buffer; large ones need not be copied. */
static ssize_t read_plain(struct archive_reader *reader, void *buffer, size_t size,
			  struct error *err)
{
	ssize_t n = reader->plain.read(reader->plain.context, buffer, size, err);

	if (n > 0)
		reader->packed += (uint64_t)n;
	return n;
}

/* The next unpacked block: 1, 0 at the end, -errno. */
static int next_block(struct archive_reader *reader, struct error *err)
{
	const void *data = NULL;
	int64_t offset;
	ssize_t n;
	int r;

	if (reader->plain.read != NULL) {
		n = read_plain(reader, reader->input, INPUT_BYTES, err);
		reader->block = reader->input;
		reader->block_length = n > 0 ? (size_t)n : 0;
		return n < 0 ? (int)n : n > 0;
	}
	if (reader->unpacker == NULL) {
		n = read_input(reader, reader->input, INPUT_BYTES);
		if (n < 0)
			return error_set(err, (int)-n, "reading the image: %s", strerror((int)-n));
		reader->block = reader->input;
		reader->block_length = (size_t)n;
		return n > 0;
	}
	r = archive_read_data_block(reader->unpacker, &data, &reader->block_length, &offset);
	reader->block = data;
	if (r == ARCHIVE_EOF)
		return 0;
	return r == ARCHIVE_OK ? 1 : unpacking_failed(reader, err);
}

/* As much as is there at once: 1, 0 at the end, -errno. */
static int read_some(struct archive_reader *reader, char *buffer, size_t size, size_t *ret_n,
		     struct error *err)
{
	ssize_t n;
	int r;

	*ret_n = 0;
	if (reader->block_length == 0 && reader->plain.read != NULL && size >= INPUT_BYTES) {
		n = read_plain(reader, buffer, size, err);
		*ret_n = n > 0 ? (size_t)n : 0;
		return n < 0 ? (int)n : n > 0;
	}
	r = reader->block_length > 0 ? 1 : next_block(reader, err);
	if (r <= 0)
		return r;
	*ret_n = size < reader->block_length ? size : reader->block_length;
	memcpy(buffer, reader->block, *ret_n);
	reader->block += *ret_n;
	reader->block_length -= *ret_n;
	return 1;
}

static int check_limits(const struct archive_reader *reader, struct error *err)
{
	const struct archive_limits *limits = &reader->limits;

	if (reader->unpacked > limits->max_bytes)
		return error_set(err, EFBIG, "the image unpacks to more than %llu bytes",
				 (unsigned long long)limits->max_bytes);
	if (reader->unpacked > limits->ratio_from &&
	    reader->unpacked / limits->max_ratio > reader->packed)
		return error_set(err, EFBIG,
				 "the image unpacks to more than %u times its size: not an image "
				 "but a bomb",
				 limits->max_ratio);
	return 0;
}

ssize_t archive_reader_read(struct archive_reader *reader, void *buffer, size_t size,
			    struct error *err)
{
	size_t filled = 0;
	int r;

	while (filled < size) {
		size_t n;

		r = read_some(reader, (char *)buffer + filled, size - filled, &n, err);
		if (r < 0)
			return r;
		if (r == 0)
			break;
		filled += n;
	}
	reader->unpacked += filled;
	r = check_limits(reader, err);
	if (r < 0)
		return r;
	if (reader->hasher.context != NULL)
		r = image_hasher_add(&reader->hasher, buffer, filled);
	if (r < 0)
		return error_set(err, -r, "hashing the image: %s", strerror(-r));
	return (ssize_t)filled;
}

int archive_reader_finish(struct archive_reader *reader, struct image_id *ret_id, struct error *err)
{
	int r;

	if (reader->unpacker != NULL) {
		uint64_t used = (uint64_t)archive_filter_bytes(reader->unpacker, -1);
		ssize_t n = read_input(reader, reader->input, INPUT_BYTES);

		if (n < 0)
			return error_set(err, (int)-n, "reading the image: %s", strerror((int)-n));
		if (used != reader->packed)
			return error_set(err, EINVAL, "there is data after the end of the %s data",
					 image_compression_name(reader->compression));
	}
	r = image_hasher_end(&reader->hasher, ret_id);
	return r < 0 ? error_set(err, -r, "hashing the image: %s", strerror(-r)) : 0;
}

enum image_compression archive_reader_compression(const struct archive_reader *reader)
{
	return reader->compression;
}

uint64_t archive_reader_unpacked(const struct archive_reader *reader)
{
	return reader->unpacked;
}

uint64_t archive_reader_packed(const struct archive_reader *reader)
{
	return reader->packed;
}

void archive_reader_close(struct archive_reader **held)
{
	struct archive_reader *reader = take_ptr(held);

	if (reader == NULL)
		return;
	(void)archive_read_free(reader->unpacker);
	image_hasher_release(&reader->hasher);
	free(reader->input);
	free(reader);
}
