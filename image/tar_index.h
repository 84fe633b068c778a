/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tar_index.h - where the members of a tar archive lie in its file, without reading their data.
 *
 * For archives of blobs, whose members are wanted in an order of their own.  Symbolic and hard
 * links between members are followed: `docker save` writes a layer that two images share once.
 *
 * Names:      plain (entry_name.h).  Members with other names are not found.
 * Limits:     TAR_INDEX_MAX_MEMBERS; TAR_INDEX_MAX_BYTES of memory.
 * Ownership:  everything belongs to the arena; the fd, an uncompressed file, stays the
 *             caller's.
 * Errors:     -EINVAL: not a tar archive, damaged, cut off, or two files of one name; -EFBIG.
 */
#pragma once

#include <stdint.h>

#include "common/base/arena.h"

#define TAR_INDEX_MAX_MEMBERS 65536U
#define TAR_INDEX_MAX_BYTES   ((size_t)24 << 20)

struct tar_member {
	const char *name;
	const char *link; /* plain name of the member this one stands for; NULL: a file */
	uint64_t offset;  /* of the data */
	uint64_t size_bytes;
};

struct tar_index {
	struct tar_member *items; /* sorted by name */
	size_t n;
};

int tar_index_read(struct arena *arena, int fd, struct tar_index *ret,
		   struct error *err) MUST_CHECK;

/* A file's member; NULL: there is none, or only links in a circle. */
const struct tar_member *tar_index_find(const struct tar_index *index, const char *name);
