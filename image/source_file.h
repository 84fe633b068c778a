/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source_file.h - what an image takes from one file of its source, besides its data;
 * for this folder only.
 */
#pragma once

#include "common/base/arena.h"
#include "image/tar_reader.h"

/* The kept xattrs of an open file, sorted by name, into the arena.  -E2BIG: more than
 * TAR_MAX_XATTRS. */
int source_xattrs(int fd, struct arena *arena, struct tar_entry *entry,
		  struct error *err) MUST_CHECK;

/* The names in a directory but "." and "..", sorted by bytes; NULL-terminated, in the arena. */
int source_names(int dir_fd, struct arena *arena, const char ***ret, struct error *err) MUST_CHECK;
