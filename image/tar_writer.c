/* SPDX-License-Identifier: Apache-2.0 */
#include "image/tar_writer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "image/entry_name.h"
#include "image/tar_header.h"

#define XATTR_KEY_BYTES 280 /* "SCHILY.xattr." and a name of at most 255 bytes */

static const unsigned char zeros[TAR_BLOCK_SIZE];

static const char type_letters[] = {
	[TAR_FILE] = '0',         [TAR_HARD_LINK] = '1',
	[TAR_SYMLINK] = '2',      [TAR_CHARACTER_DEVICE] = '3',
	[TAR_BLOCK_DEVICE] = '4', [TAR_DIRECTORY] = '5',
	[TAR_FIFO] = '6',
};

static int put(const struct tar_writer *writer, const void *data, size_t length, struct error *err)
{
	return writer->output.add(writer->output.context, data, length, err);
}

static void append_number(struct text *records, const char *key, uint64_t value)
{
	char digits[24];
	int n = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value);

	tar_pax_append(records, key, digits, (size_t)n);
}

/* The records for all that the block cannot hold, sorted by key. */
static int collect_records(const struct tar_entry *entry, struct text *records)
{
	size_t prefix;

	text_reset(records);
	for (size_t i = 0; i < entry->n_xattrs; i++) {
		char key[XATTR_KEY_BYTES];

		(void)snprintf(key, sizeof(key), "SCHILY.xattr.%s", entry->xattrs[i].name);
		tar_pax_append(records, key, entry->xattrs[i].value, entry->xattrs[i].value_length);
	}
	if (entry->gid >> 21 != 0)
		append_number(records, "gid", entry->gid);
	if (strlen(entry->link_name) > 100)
		tar_pax_append(records, "linkpath", entry->link_name, strlen(entry->link_name));
	if (!tar_name_split(entry->name, strlen(entry->name), &prefix))
		tar_pax_append(records, "path", entry->name, strlen(entry->name));
	if (entry->size_bytes >> 33 != 0)
		append_number(records, "size", entry->size_bytes);
	if (entry->uid >> 21 != 0)
		append_number(records, "uid", entry->uid);
	return text_status(records);
}

static int write_block(struct tar_writer *writer, const struct tar_header *header,
		       struct error *err)
{
	unsigned char block[TAR_BLOCK_SIZE];

	(void)tar_header_encode(header, block);
	return put(writer, block, sizeof(block), err);
}

static int pad(struct tar_writer *writer, uint64_t length, struct error *err)
{
	return put(writer, zeros, (size_t)(-length % TAR_BLOCK_SIZE), err);
}

static int write_records(struct tar_writer *writer, const struct tar_entry *entry,
			 struct error *err)
{
	struct tar_header header = {
		.type = 'x',
		.mode = 0644,
		.size_bytes = writer->records.length,
		.mtime = entry->mtime.seconds,
	};
	int r;

	/* Readers without PAX extract it as a file of this name. */
	(void)snprintf(header.name, sizeof(header.name), "PaxHeaders/%.80s",
		       entry_name_last(entry->name));
	r = write_block(writer, &header, err);
	r = r < 0 ? r : put(writer, writer->records.data, writer->records.length, err);
	return r < 0 ? r : pad(writer, writer->records.length, err);
}

int tar_writer_begin(struct tar_writer *writer, const struct tar_entry *entry, struct error *err)
{
	struct tar_header header = {
		.type = type_letters[entry->type],
		.mode = entry->mode,
		.uid = entry->uid,
		.gid = entry->gid,
		.size_bytes = entry->size_bytes,
		.mtime = entry->mtime.seconds,
		.major = entry->major,
		.minor = entry->minor,
	};
	int r = collect_records(entry, &writer->records);

	if (r < 0)
		return error_set(err, -r, "%s", strerror(-r));
	if (writer->records.length > TAR_PAX_MAX_BYTES)
		return error_set(err, E2BIG, "it has too many xattrs");
	if (writer->records.length > 0)
		r = write_records(writer, entry, err);
	if (r < 0)
		return r;
	(void)snprintf(header.name, sizeof(header.name), "%s", entry->name);
	(void)snprintf(header.link_name, sizeof(header.link_name), "%s", entry->link_name);
	writer->data_left = entry->size_bytes;
	writer->padding_left = (uint32_t)(-entry->size_bytes % TAR_BLOCK_SIZE);
	return write_block(writer, &header, err);
}

int tar_writer_data(struct tar_writer *writer, const void *data, size_t length, struct error *err)
{
	if (length > writer->data_left)
		return error_set(err, EINVAL, "more data than announced");
	writer->data_left -= length;
	return put(writer, data, length, err);
}

int tar_writer_end(struct tar_writer *writer, struct error *err)
{
	if (writer->data_left > 0)
		return error_set(err, EINVAL, "less data than announced");
	return put(writer, zeros, writer->padding_left, err);
}

int tar_writer_finish(struct tar_writer *writer, struct error *err)
{
	int r = put(writer, zeros, sizeof(zeros), err);

	return r < 0 ? r : put(writer, zeros, sizeof(zeros), err);
}

void tar_writer_release(struct tar_writer *writer)
{
	text_release(&writer->records);
}
