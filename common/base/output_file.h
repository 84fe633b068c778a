/* SPDX-License-Identifier: Apache-2.0 */
/*
 * output_file.h - a file that is there whole or not at all.
 *
 * Written to a file without a name where the file system has such (O_TMPFILE), so that
 * even a kill leaves nothing; else under a temporary name, which a failure takes away.
 * Either is named beside its place when complete and on disk, then renamed over it.
 *
 * Errors: -EEXIST when it is to be a new file and there is one; -EINVAL: what is there is a
 *         directory, a link or a device.
 */
#pragma once

#include <stdbool.h>

#include "common/base/cleanup.h"
#include "common/base/error.h"
#include "common/base/text.h"

struct output_file {
	int fd;
	const char *path; /* the caller's */
	struct text temporary;
	bool has_name; /* temporary is there */
	bool is_new;   /* set before the open: nothing is replaced */
};

#define OUTPUT_FILE_NONE                                                                           \
	{                                                                                          \
		.fd = FD_NONE                                                                      \
	}
#define auto_output_file CLEANUP(output_file_release)

int output_file_open(struct output_file *file, const char *path, struct error *err) MUST_CHECK;

/* Puts it in its place; what was there is replaced, unless is_new. */
int output_file_commit(struct output_file *file, struct error *err) MUST_CHECK;

/* Removes what was not committed. */
void output_file_release(struct output_file *file);
