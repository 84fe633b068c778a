/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file_clone.h - content and metadata of one file, from one descriptor to another.
 *
 * Errors: -errno; nothing is said about which file, the caller knows.
 */
#pragma once

#include <sys/stat.h>

#include "common/base/error.h"

/*
 * The content of a regular file: shared extents, else the kernel's copy, else ours.  Without
 * shared extents no more than size bytes, however much there is by then.
 */
int file_clone_content(int from, int to, off_t size) MUST_CHECK;

/* Extended attributes, then owner, mode and times as st says. */
int file_clone_metadata(int from, int to, const struct stat *st) MUST_CHECK;
