/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_reader.h - reads a pod's log (log_record.h), oldest first, also while it is written.
 *
 * Damage:     what is no record is passed over up to the next one, and counted.  At the
 *             very end it may be a record that is being written: that waits.
 * Overtaken:  a writer that goes round while one reads empties what was not read yet: the
 *             reader goes on with the oldest that is there, and says so.
 * Memory:     one record.
 * Ownership:  owns its fd and what it has read; a record points into that until the next call.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/log/log_record.h"

struct log_reader {
	int fd;
	struct log_shape shape; /* no regions: the log was empty when last looked at */
	bool is_final;          /* log_reader_finish() */
	bool begun;             /* the members below hold; false: there was no lap yet */
	uint64_t lap;
	uint64_t offset; /* in the region */
	unsigned char *bytes;
	uint64_t damaged_bytes; /* passed over so far */
	bool overtaken;         /* the writer was faster; whoever tells it sets it back */
	char *names;            /* of the apps, each with its NUL */
	size_t names_length;
};

#define LOG_READER_NONE                                                                            \
	{                                                                                          \
		.fd = FD_NONE                                                                      \
	}

#define auto_log_reader CLEANUP(log_reader_release)

/* -ENOENT: the pod has no log. */
int log_reader_open(int dir_fd, struct log_reader *ret, struct error *err) MUST_CHECK;
void log_reader_release(struct log_reader *reader);

/* The next record.  1, 0: there is no further one now, or -errno. */
int log_reader_next(struct log_reader *reader, struct log_record *ret,
		    struct error *err) MUST_CHECK;

/* Nothing will be written any more: from now on what is left at the end is damage. */
void log_reader_finish(struct log_reader *reader);

/* The app's name, or NULL for LOG_APP_NONE and for what the log does not name. */
const char *log_reader_app(const struct log_reader *reader, uint16_t app);
