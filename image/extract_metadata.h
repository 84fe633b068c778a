/* SPDX-License-Identifier: Apache-2.0 */
/*
 * extract_metadata.h - owner, mode, xattrs and time of one file just made; for this
 * folder only.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "image/tar_pax.h"
#include "image/tar_reader.h"

struct extract_metadata {
	uint32_t mode, uid, gid;
	struct tar_time mtime;
	const struct tar_xattr *xattrs;
	size_t n_xattrs;
	bool drop_owner;
	uint32_t *n_dropped_xattrs; /* counts those that are not on the list */
};

/* To an open file or directory. */
int extract_metadata_apply(int fd, const struct extract_metadata *metadata,
			   struct error *err) MUST_CHECK;

/* To a symlink or special file called name, made a moment ago in dir_fd; it has no xattrs. */
int extract_metadata_apply_at(int dir_fd, const char *name, bool is_symlink,
			      const struct extract_metadata *metadata,
			      struct error *err) MUST_CHECK;
