/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tar_pax.h - PAX extended header records: "LENGTH KEY=VALUE\n".
 *
 * Source:     POSIX.1-2017 pax, "pax Extended Header"; SCHILY.xattr.* is star's.
 * Understood: path, linkpath, size, uid, gid, mtime, SCHILY.xattr.*.  Refused: GNU.sparse.*,
 *             a record twice, malformed records, NUL in a path.  All else is
 *             descriptive (names of owners, access times, comments) and ignored.
 * Ownership:  values point into the records' memory, which must outlive them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/base/text.h"

#define TAR_PAX_MAX_BYTES ((size_t)1 << 20)
#define TAR_MAX_XATTRS    64

struct tar_time {
	int64_t seconds;
	uint32_t nanoseconds; /* 0 … 999999999, forward from seconds */
};

struct tar_xattr {
	const char *name;  /* NUL-terminated: "user.comment" */
	const char *value; /* any bytes */
	size_t value_length;
};

struct tar_pax {
	const char *path; /* NULL: no such record */
	const char *link_path;
	bool has_size, has_uid, has_gid, has_mtime;
	uint64_t size_bytes;
	uint32_t uid, gid;
	struct tar_time mtime;
	struct tar_xattr xattrs[TAR_MAX_XATTRS];
	size_t n_xattrs;
};

/* Reads all records of one header; they are cut into strings in place.  -EINVAL. */
int tar_pax_decode(char *records, size_t length, struct tar_pax *ret, struct error *err) MUST_CHECK;

/* Appends one record; the text's status tells of a failure. */
void tar_pax_append(struct text *records, const char *key, const char *value, size_t length);
