/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file.h - whole small files, relative to a directory fd.
 *
 * For trusted places only: state directories, /proc, /etc/rkt.  A path inside
 * an image or a volume goes through common/kernel/path_in_root.h instead.
 *
 * Errors: -errno, with err naming the file.  -EFBIG: larger than the limit.
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "common/base/error.h"
#include "common/base/text.h"

/* Reads from the fd's position to its end, at most limit bytes; appends to *text. */
int file_read_fd(int fd, size_t limit, struct text *text) MUST_CHECK;

/* Reads name below dir_fd (AT_FDCWD: the working directory); no symlink as last component. */
int file_read_at(int dir_fd, const char *name, size_t limit, struct text *text,
		 struct error *err) MUST_CHECK;

/* Writes all bytes; retries short writes and EINTR. */
int file_write_fd(int fd, const char *data, size_t length) MUST_CHECK;

/*
 * Puts a whole file in place: temporary name, write, rename.  A reader sees the
 * old or the new content, never a part.  Not synced: it may be lost with the machine.
 */
int file_replace_at(int dir_fd, const char *name, const char *data, mode_t mode,
		    struct error *err) MUST_CHECK;

/* Writes a string with one write(2) into an existing file: /proc, /sys, cgroups. */
int file_write_at(int dir_fd, const char *name, const char *data, struct error *err) MUST_CHECK;

/* mkdirat() of a path relative to dir_fd with all its parents; existing ones are fine. */
int file_make_directories(int dir_fd, const char *path, mode_t mode, struct error *err) MUST_CHECK;
