/* SPDX-License-Identifier: Apache-2.0 */
/*
 * output_file.h - a file that is there whole or not at all.
 *
 * Written to a file without a name where the file system has such (O_TMPFILE), so that
 * even a kill leaves nothing; else under a temporary name, which a failure takes away.
 * Either is named beside its place when complete, then renamed over it.
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
};

#define OUTPUT_FILE_NONE                                                                           \
	{                                                                                          \
		.fd = FD_NONE                                                                      \
	}
#define auto_output_file CLEANUP(output_file_release)

int output_file_open(struct output_file *file, const char *path, struct error *err) MUST_CHECK;

/* Puts it in its place; what was there is replaced. */
int output_file_commit(struct output_file *file, struct error *err) MUST_CHECK;

/* Removes what was not committed. */
void output_file_release(struct output_file *file);
