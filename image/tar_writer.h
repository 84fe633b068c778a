/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tar_writer.h - entries as tar bytes: ustar, with PAX records only where ustar cannot
 * say it (long names, large ids and sizes, xattrs).
 *
 * The same entries give the same bytes.  Times are whole seconds.
 */
#pragma once

#include "common/base/text.h"
#include "image/tar_reader.h"

/* Where the bytes go. */
struct tar_output {
	int (*add)(void *context, const void *data, size_t length, struct error *err);
	void *context;
};

struct tar_writer {
	struct tar_output output;
	struct text records; /* of the current entry's PAX header */
	uint64_t data_left;  /* of the current file */
	uint32_t padding_left;
};

/* Writes an entry's header; a file's data must follow, size_bytes in all. */
int tar_writer_begin(struct tar_writer *writer, const struct tar_entry *entry,
		     struct error *err) MUST_CHECK;

int tar_writer_data(struct tar_writer *writer, const void *data, size_t length,
		    struct error *err) MUST_CHECK;

/* Ends the entry: -EINVAL when its data is not complete. */
int tar_writer_end(struct tar_writer *writer, struct error *err) MUST_CHECK;

/* Ends the archive: two blocks of zeros. */
int tar_writer_finish(struct tar_writer *writer, struct error *err) MUST_CHECK;

void tar_writer_release(struct tar_writer *writer);
