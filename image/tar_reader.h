/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tar_reader.h - the entries of a tar archive, one after the other.
 *
 * Reads ustar, PAX, GNU (long names only) and V7 archives; strictly: one source for
 * each fact.  A PAX size that contradicts a header that could have held it, two PAX
 * headers or two long names for one entry, sparse files, a lone zero block, a
 * missing end, anything but zeros after the end: all refused.
 *
 * Ownership:  an entry's memory is the reader's, until the next call of tar_reader_next().
 * Errors:     as archive_reader.h; -EINVAL for what is refused, err naming the entry.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "image/archive_reader.h"
#include "image/tar_pax.h"

enum tar_type {
	TAR_FILE,
	TAR_HARD_LINK,
	TAR_SYMLINK,
	TAR_CHARACTER_DEVICE,
	TAR_BLOCK_DEVICE,
	TAR_DIRECTORY,
	TAR_FIFO,
};

struct tar_entry {
	const char *name;      /* as in the archive: not checked yet, see entry_name.h */
	const char *link_name; /* of links, not empty; else "" */
	enum tar_type type;
	uint32_t mode; /* permission and set-id bits: 07777 at most */
	uint32_t uid, gid;
	uint32_t major, minor; /* of devices */
	uint64_t size_bytes;   /* 0 for all but files */
	struct tar_time mtime;
	const struct tar_xattr *xattrs;
	size_t n_xattrs;
};

struct tar_reader;

#define auto_tar_reader CLEANUP(tar_reader_close)

/* The archive stays the caller's and must outlive the reader. */
int tar_reader_open(struct archive_reader *archive, struct tar_reader **ret,
		    struct error *err) MUST_CHECK;

/* The next entry: 1.  0: the end, and the whole archive has been read.  Skips data not read. */
int tar_reader_next(struct tar_reader *reader, struct tar_entry *ret, struct error *err) MUST_CHECK;

/* Data of the entry last given: up to size bytes, 0 at its end. */
ssize_t tar_reader_read(struct tar_reader *reader, void *buffer, size_t size,
			struct error *err) MUST_CHECK;

/* Of a variable's address; NULL inside is fine. */
void tar_reader_close(struct tar_reader **held);
