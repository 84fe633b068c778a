/* SPDX-License-Identifier: Apache-2.0 */
#include "image/archive_writer.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"

#define HELD_BYTES ((size_t)128 << 10)

struct archive_writer {
	int fd;
	struct archive *packer;
	struct image_hasher hasher;
	unsigned char *held; /* small pieces, to be packed and hashed as one */
	size_t n_held;
	uint64_t unpacked;
	uint64_t packed;
	int write_errno;
	bool given_up; /* what the packer still writes goes nowhere */
};

static la_ssize_t write_packed(struct archive *packer, void *context, const void *data,
			       size_t length)
{
	struct archive_writer *writer = context;
	int r = writer->given_up ? 0 : file_write_fd(writer->fd, data, length);

	if (r < 0) {
		writer->write_errno = -r;
		archive_set_error(packer, -r, "%s", strerror(-r));
		return -1;
	}
	writer->packed += length;
	return (la_ssize_t)length;
}

static int packing_failed(const struct archive_writer *writer, struct error *err)
{
	int code = writer->write_errno != 0 ? writer->write_errno : EIO;

	if (writer->write_errno != 0)
		return error_set(err, code, "writing the image: %s", strerror(code));
	return error_set(err, code, "packing the image: %s", archive_error_string(writer->packer));
}

static int add_filter(struct archive *packer, enum image_compression compression)
{
	switch (compression) {
	case IMAGE_COMPRESSION_NONE:
		return ARCHIVE_OK;
	case IMAGE_COMPRESSION_GZIP:
		return archive_write_add_filter_gzip(packer);
	case IMAGE_COMPRESSION_XZ:
		return archive_write_add_filter_xz(packer);
	case IMAGE_COMPRESSION_ZSTD:
		return archive_write_add_filter_zstd(packer);
	case IMAGE_COMPRESSION_BZIP2:
		break;
	}
	return ARCHIVE_FATAL;
}

static int set_filter_options(struct archive *packer, enum image_compression compression)
{
	static const char *const options[] = {
		[IMAGE_COMPRESSION_GZIP] = "gzip:compression-level=6,gzip:!timestamp",
		[IMAGE_COMPRESSION_XZ] = "xz:compression-level=6,xz:threads=1",
		[IMAGE_COMPRESSION_ZSTD] = "zstd:compression-level=9",
	};

	if (compression == IMAGE_COMPRESSION_NONE)
		return ARCHIVE_OK;
	return archive_write_set_options(packer, options[compression]);
}

/* The packer as a pipe for bytes: libarchive's "raw" format has one entry and no header. */
static int open_packer(struct archive_writer *writer, enum image_compression compression,
		       struct error *err)
{
	struct archive *packer = archive_write_new();
	struct archive_entry *entry = archive_entry_new();
	bool done = false;

	writer->packer = packer;
	if (packer != NULL && entry != NULL && add_filter(packer, compression) == ARCHIVE_OK) {
		archive_entry_set_filetype(entry, AE_IFREG);
		done = archive_write_set_format_raw(packer) == ARCHIVE_OK &&
		       set_filter_options(packer, compression) == ARCHIVE_OK &&
		       archive_write_set_bytes_per_block(packer, (int)HELD_BYTES) == ARCHIVE_OK &&
		       archive_write_set_bytes_in_last_block(packer, 1) == ARCHIVE_OK &&
		       archive_write_open(packer, writer, NULL, write_packed, NULL) == ARCHIVE_OK &&
		       archive_write_header(packer, entry) == ARCHIVE_OK;
	}
	archive_entry_free(entry);
	if (!done)
		return error_set(err, ENOTSUP, "an image cannot be packed by %s here",
				 image_compression_name(compression));
	return 0;
}

int archive_writer_open(int fd, enum image_compression compression, struct archive_writer **ret,
			struct error *err)
{
	auto_archive_writer struct archive_writer *writer = calloc(1, sizeof(*writer));
	int r = writer == NULL ? -ENOMEM : image_hasher_begin(&writer->hasher);

	if (r == 0) {
		writer->fd = fd;
		writer->held = malloc(HELD_BYTES);
		r = writer->held == NULL ? -ENOMEM : 0;
	}
	if (r < 0)
		return error_set(err, -r, "preparing to write an image: %s", strerror(-r));
	r = fd >= 0 ? open_packer(writer, compression, err) : 0;
	if (r < 0)
		return r;
	*ret = take_ptr(&writer);
	return 0;
}

static int hash(struct archive_writer *writer, const void *data, size_t length, struct error *err)
{
	int r = image_hasher_add(&writer->hasher, data, length);

	if (r < 0)
		return error_set(err, -r, "hashing the image: %s", strerror(-r));
	if (writer->packer == NULL)
		writer->packed += length;
	return 0;
}

static int flush_held(struct archive_writer *writer, struct error *err)
{
	size_t length = writer->n_held;
	int r = hash(writer, writer->held, length, err);

	if (r < 0)
		return r;
	writer->n_held = 0;
	if (writer->packer == NULL)
		return 0;
	if (archive_write_data(writer->packer, writer->held, length) != (la_ssize_t)length)
		return packing_failed(writer, err);
	return 0;
}

int archive_writer_add(struct archive_writer *writer, const void *data, size_t length,
		       struct error *err)
{
	writer->unpacked += length;
	/* Much at a time is hashed where it lies.  A packer's blocks shall not depend on that. */
	if (length >= HELD_BYTES && writer->packer == NULL) {
		int r = flush_held(writer, err);

		return r < 0 ? r : hash(writer, data, length, err);
	}
	while (length > 0) {
		size_t n = HELD_BYTES - writer->n_held;

		if (n > length)
			n = length;
		memcpy(writer->held + writer->n_held, data, n);
		writer->n_held += n;
		data = (const char *)data + n;
		length -= n;
		if (writer->n_held == HELD_BYTES) {
			int r = flush_held(writer, err);

			if (r < 0)
				return r;
		}
	}
	return 0;
}

int archive_writer_finish(struct archive_writer *writer, struct image_id *ret_id, struct error *err)
{
	int r = flush_held(writer, err);

	if (r < 0)
		return r;
	if (writer->packer != NULL && archive_write_close(writer->packer) != ARCHIVE_OK)
		return packing_failed(writer, err);
	r = image_hasher_end(&writer->hasher, ret_id);
	return r < 0 ? error_set(err, -r, "hashing the image: %s", strerror(-r)) : 0;
}

uint64_t archive_writer_unpacked(const struct archive_writer *writer)
{
	return writer->unpacked;
}

uint64_t archive_writer_packed(const struct archive_writer *writer)
{
	return writer->packed;
}

void archive_writer_close(struct archive_writer **held)
{
	struct archive_writer *writer = take_ptr(held);

	if (writer == NULL)
		return;
	/* Not finished: nothing more may reach the file.  archive_write_fail() would do, but leaks.
	 */
	writer->given_up = true;
	(void)archive_write_free(writer->packer);
	image_hasher_release(&writer->hasher);
	free(writer->held);
	free(writer);
}
