/* SPDX-License-Identifier: Apache-2.0 */
#include "image/tar_reader.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/base/parse.h"
#include "image/entry_name.h"
#include "image/tar_header.h"

#define SKIP_BYTES ((size_t)64 << 10)
#define USTAR_MAX  ((uint64_t)1 << 33) /* the first size that 11 octal digits cannot hold */

/* One extra record before an entry: PAX records, or a long name or link name of GNU. */
struct extra {
	char *data; /* NUL-terminated; NULL: none before this entry */
	size_t length;
};

struct tar_reader {
	struct archive_reader *archive;
	uint64_t data_left;    /* of the current entry */
	uint32_t padding_left; /* behind it */
	struct tar_header header;
	struct extra pax_records, long_name, long_link;
	struct tar_pax pax;
	unsigned char *skipped; /* SKIP_BYTES to read into and forget */
};

int tar_reader_open(struct archive_reader *archive, struct tar_reader **ret, struct error *err)
{
	auto_tar_reader struct tar_reader *reader = calloc(1, sizeof(*reader));

	if (reader != NULL)
		reader->skipped = malloc(SKIP_BYTES);
	if (reader == NULL || reader->skipped == NULL)
		return error_set(err, ENOMEM, "preparing to read an archive: out of memory");
	reader->archive = archive;
	*ret = take_ptr(&reader);
	return 0;
}

static void drop_extra(struct extra *extra)
{
	cleanup_free(&extra->data);
	extra->length = 0;
}

void tar_reader_close(struct tar_reader **held)
{
	struct tar_reader *reader = take_ptr(held);

	if (reader == NULL)
		return;
	drop_extra(&reader->pax_records);
	drop_extra(&reader->long_name);
	drop_extra(&reader->long_link);
	free(reader->skipped);
	free(reader);
}

static int read_whole(struct tar_reader *reader, void *buffer, size_t size, struct error *err)
{
	ssize_t n = archive_reader_read(reader->archive, buffer, size, err);

	if (n < 0)
		return (int)n;
	if ((size_t)n < size)
		return error_set(err, EINVAL, "the archive ends early, after %llu bytes",
				 (unsigned long long)archive_reader_unpacked(reader->archive));
	return 0;
}

ssize_t tar_reader_read(struct tar_reader *reader, void *buffer, size_t size, struct error *err)
{
	int r;

	if (size > reader->data_left)
		size = (size_t)reader->data_left;
	r = read_whole(reader, buffer, size, err);
	if (r < 0)
		return r;
	reader->data_left -= size;
	return (ssize_t)size;
}

/* Steps over what is left of the current entry, to the next header. */
static int skip_rest(struct tar_reader *reader, struct error *err)
{
	ssize_t n;

	do
		n = tar_reader_read(reader, reader->skipped, SKIP_BYTES, err);
	while (n > 0);
	if (n < 0)
		return (int)n;
	n = read_whole(reader, reader->skipped, reader->padding_left, err);
	reader->padding_left = 0;
	return (int)n;
}

static void expect_data(struct tar_reader *reader, uint64_t size)
{
	reader->data_left = size;
	reader->padding_left = (uint32_t)(-size % TAR_BLOCK_SIZE);
}

/* The first zero block has been read: one more, then nothing but zeros. */
static int read_end(struct tar_reader *reader, struct error *err)
{
	int r = read_whole(reader, reader->skipped, TAR_BLOCK_SIZE, err);
	ssize_t n;

	if (r < 0)
		return r;
	if (!tar_block_is_zero(reader->skipped))
		return error_set(err, EINVAL, "the archive has a lone block of zeros within");
	do {
		n = archive_reader_read(reader->archive, reader->skipped, SKIP_BYTES, err);
		for (ssize_t i = 0; i < n; i++)
			if (reader->skipped[i] != 0)
				return error_set(err, EINVAL,
						 "there is data after the archive's end");
	} while (n > 0);
	return (int)n;
}

/* The next header: 1, 0 at the archive's end. */
static int read_header(struct tar_reader *reader, struct error *err)
{
	unsigned char block[TAR_BLOCK_SIZE];
	int r = skip_rest(reader, err);

	if (r < 0)
		return r;
	r = read_whole(reader, block, sizeof(block), err);
	if (r < 0)
		return r;
	if (tar_block_is_zero(block))
		return read_end(reader, err);
	r = tar_header_decode(block, &reader->header, err);
	if (r < 0)
		return error_prefix(err, "the archive is damaged at byte %llu",
				    (unsigned long long)(archive_reader_unpacked(reader->archive) -
							 TAR_BLOCK_SIZE));
	expect_data(reader, reader->header.size_bytes);
	return 1;
}

static int read_extra(struct tar_reader *reader, struct extra *extra, size_t max, struct error *err)
{
	size_t length = (size_t)reader->header.size_bytes;
	ssize_t n;

	if (extra->data != NULL)
		return error_set(err, EINVAL,
				 "the archive has two headers of type '%c' for one entry",
				 reader->header.type);
	if (length > max)
		return error_set(err, EFBIG, "the archive has a header of type '%c' of %zu bytes",
				 reader->header.type, length);
	extra->data = malloc(length + 1);
	if (extra->data == NULL)
		return error_set(err, ENOMEM, "reading an archive: out of memory");
	n = tar_reader_read(reader, extra->data, length, err);
	if (n < 0)
		return (int)n;
	extra->data[length] = '\0';
	extra->length = length;
	return 0;
}

/* GNU's long names end with a NUL, which their length counts. */
static int read_long_name(struct tar_reader *reader, struct extra *extra, struct error *err)
{
	int r = read_extra(reader, extra, 2 * (size_t)ENTRY_NAME_MAX_BYTES, err);

	if (r < 0)
		return r;
	if (strlen(extra->data) + 1 < extra->length || extra->data[0] == '\0')
		return error_set(err, EINVAL,
				 "the archive has a long name that is empty or has a NUL in it");
	return 0;
}

/* Records for all entries that follow: descriptive ones only. */
static int read_global(struct tar_reader *reader, struct error *err)
{
	struct extra records = { 0 };
	struct tar_pax pax;
	int r = read_extra(reader, &records, TAR_PAX_MAX_BYTES, err);

	if (r == 0)
		r = tar_pax_decode(records.data, records.length, &pax, err);
	if (r == 0 && (pax.path != NULL || pax.link_path != NULL || pax.has_size || pax.has_uid ||
		       pax.has_gid || pax.has_mtime || pax.n_xattrs > 0))
		r = error_set(err, EINVAL,
			      "the archive has a global PAX header that changes its entries");
	drop_extra(&records);
	return r;
}

/* Reads headers until one that is an entry: 1, 0 at the end. */
static int read_entry_header(struct tar_reader *reader, struct error *err)
{
	for (;;) {
		int r = read_header(reader, err);

		if (r <= 0)
			return r;
		switch (reader->header.type) {
		case 'x':
			r = read_extra(reader, &reader->pax_records, TAR_PAX_MAX_BYTES, err);
			break;
		case 'g':
			r = read_global(reader, err);
			break;
		case 'L':
			r = read_long_name(reader, &reader->long_name, err);
			break;
		case 'K':
			r = read_long_name(reader, &reader->long_link, err);
			break;
		default:
			return 1;
		}
		if (r < 0)
			return r;
	}
}

static int choose_type(const struct tar_header *header, const char *name, enum tar_type *ret,
		       struct error *err)
{
	switch (header->type) {
	case '0':
	case '7': /* "contiguous": an ordinary file everywhere else */
		/* Before ustar, a slash at the end told directories. */
		*ret = name[0] != '\0' && name[strlen(name) - 1] == '/' ? TAR_DIRECTORY : TAR_FILE;
		return 0;
	case '1':
		*ret = TAR_HARD_LINK;
		return 0;
	case '2':
		*ret = TAR_SYMLINK;
		return 0;
	case '3':
		*ret = TAR_CHARACTER_DEVICE;
		return 0;
	case '4':
		*ret = TAR_BLOCK_DEVICE;
		return 0;
	case '5':
		*ret = TAR_DIRECTORY;
		return 0;
	case '6':
		*ret = TAR_FIFO;
		return 0;
	case 'S':
		return error_set(err, EINVAL, "is sparse, which an image file may not be");
	default:
		return error_set(err, EINVAL, "is of type 0x%02x, which an image may not hold",
				 (unsigned)(unsigned char)header->type);
	}
}

static int choose_size(struct tar_reader *reader, struct tar_entry *entry, struct error *err)
{
	const struct tar_pax *pax = &reader->pax;
	uint64_t size = reader->header.size_bytes;

	if (pax->has_size && pax->size_bytes != size) {
		if (pax->size_bytes < USTAR_MAX)
			return error_set(err, EINVAL, "has two sizes, %llu and %llu",
					 (unsigned long long)size,
					 (unsigned long long)pax->size_bytes);
		size = pax->size_bytes;
		expect_data(reader, size);
	}
	if (size > 0 && entry->type != TAR_FILE)
		return error_set(err, EINVAL, "has data but is no file");
	entry->size_bytes = size;
	return 0;
}

static int choose_ids(const struct tar_reader *reader, struct tar_entry *entry, struct error *err)
{
	const struct tar_header *header = &reader->header;
	const struct tar_pax *pax = &reader->pax;
	uint64_t uid = pax->has_uid ? pax->uid : header->uid;
	uint64_t gid = pax->has_gid ? pax->gid : header->gid;

	if (uid > PARSE_ID_MAX || gid > PARSE_ID_MAX)
		return error_set(err, EINVAL, "has an owner out of range");
	/* The kernel's numbers: 12 bits and 20 bits. */
	if (header->major >= 1U << 12 || header->minor >= 1U << 20)
		return error_set(err, EINVAL, "has a device number out of range");
	entry->uid = (uint32_t)uid;
	entry->gid = (uint32_t)gid;
	entry->major = (uint32_t)header->major;
	entry->minor = (uint32_t)header->minor;
	return 0;
}

static int choose_names(const struct tar_reader *reader, struct tar_entry *entry, struct error *err)
{
	const struct tar_header *header = &reader->header;
	const struct tar_pax *pax = &reader->pax;

	entry->name = reader->long_name.data != NULL ? reader->long_name.data : header->name;
	entry->link_name =
	    reader->long_link.data != NULL ? reader->long_link.data : header->link_name;
	if ((pax->path != NULL && reader->long_name.data != NULL) ||
	    (pax->link_path != NULL && reader->long_link.data != NULL))
		return error_set(err, EINVAL, "has a PAX name and a GNU name");
	if (pax->path != NULL)
		entry->name = pax->path;
	if (pax->link_path != NULL)
		entry->link_name = pax->link_path;
	return 0;
}

static int check_link(struct tar_entry *entry, struct error *err)
{
	if (entry->type != TAR_HARD_LINK && entry->type != TAR_SYMLINK) {
		entry->link_name = "";
		return 0;
	}
	if (entry->link_name[0] == '\0')
		return error_set(err, EINVAL, "is a link to nothing");
	if (strlen(entry->link_name) >= ENTRY_NAME_MAX_BYTES)
		return error_set(err, EINVAL, "is a link of more than %u bytes",
				 ENTRY_NAME_MAX_BYTES - 1);
	return 0;
}

static int assemble(struct tar_reader *reader, struct tar_entry *entry, struct error *err)
{
	int r;

	r = tar_pax_decode(reader->pax_records.data, reader->pax_records.length, &reader->pax, err);
	r = r < 0 ? r : choose_names(reader, entry, err);
	r = r < 0 ? r : choose_type(&reader->header, entry->name, &entry->type, err);
	r = r < 0 ? r : choose_size(reader, entry, err);
	r = r < 0 ? r : choose_ids(reader, entry, err);
	r = r < 0 ? r : check_link(entry, err);
	if (r < 0)
		return r;
	entry->mode = reader->header.mode;
	entry->mtime = (struct tar_time){ .seconds = reader->header.mtime };
	if (reader->pax.has_mtime)
		entry->mtime = reader->pax.mtime;
	entry->xattrs = reader->pax.xattrs;
	entry->n_xattrs = reader->pax.n_xattrs;
	return 0;
}

int tar_reader_next(struct tar_reader *reader, struct tar_entry *ret, struct error *err)
{
	struct tar_entry entry = { .name = reader->header.name };
	struct entry_name_shown shown;
	int r;

	drop_extra(&reader->pax_records);
	drop_extra(&reader->long_name);
	drop_extra(&reader->long_link);
	r = read_entry_header(reader, err);
	if (r <= 0)
		return r;
	r = assemble(reader, &entry, err);
	if (r < 0)
		return error_prefix(err, "%s", entry_name_show(entry.name, &shown));
	*ret = entry;
	return 1;
}
