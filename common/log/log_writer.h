/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_writer.h - keeps what the apps of a pod print in the pod's log (log_record.h).
 *
 * One file descriptor, opened where the pod directory can be seen; what writes needs no path
 * and opens nothing, so it may be in the pod's own mount and user namespaces.
 *
 * Full disk:  what cannot be written is dropped and counted, and the count is written as
 *             soon as something can be: an app never waits for the disk to have room.
 * Crash:      a record is in the kernel's hands when log_writer_put() returns; a writer that is
 *             killed loses nothing that it has put.  A machine that loses its power may lose
 *             the last seconds.
 * Processes:  one writer at a time; after fork() one of the two.
 * Ownership:  owns fd and names.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/log/log_record.h"

struct log_writer {
	int fd; /* FD_NONE: nothing is kept */
	struct log_shape shape;
	uint64_t lap;
	uint64_t offset; /* in the region: where the next record goes; 0: nothing is written yet */
	char *names;     /* data of the regions' own records */
	size_t names_length;
	uint64_t lost_bytes; /* not written down yet */
	int lost_code;       /* errno of the first of them */
};

#define LOG_WRITER_NONE                                                                            \
	{                                                                                          \
		.fd = FD_NONE                                                                      \
	}

struct log_options {
	uint64_t size;            /* of the file, 1 MiB at least */
	const char *const *names; /* of the apps */
	size_t n_names;
};

/*
 * Makes the log in the directory, or goes on behind what an earlier run of the pod has left there.
 * A disk without room is no error: it may have some later.
 */
int log_writer_open(int dir_fd, const struct log_options *options, struct log_writer *ret,
		    struct error *err) MUST_CHECK;
void log_writer_release(struct log_writer *writer);

/* Writes one record, its time set to now when that is 0; what is too long for one is several. */
void log_writer_put(struct log_writer *writer, const struct log_record *record);

/* Writes down what was lost if it can.  0, or -errno with err saying how much is not in the log. */
int log_writer_settle(struct log_writer *writer, struct error *err) MUST_CHECK;
