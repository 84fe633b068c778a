/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blob_source.h - the files of an image layout, in a directory or in one archive.
 *
 * Ownership:  a source borrows its fd; a struct blob owns its own, blob_close() closes it.
 * Errors:     -ENOENT: no such file, -EINVAL: not a regular file, else as tar_index.h.
 */
#pragma once

#include <stdbool.h>

#include "common/base/text.h"
#include "image/digest.h"
#include "image/tar_index.h"

struct blob_source {
	int fd;
	bool is_directory;
	struct tar_index index; /* of an archive */
};

/* Looks what the fd is; of an archive, reads its headers. */
int blob_source_open(struct arena *arena, int fd, struct blob_source *ret,
		     struct error *err) MUST_CHECK;

bool blob_source_has(const struct blob_source *source, const char *name);

struct blob {
	int fd;
	bool owns_fd;
	uint64_t offset, size_bytes;
	uint64_t at; /* bytes read so far */
};

#define BLOB_NONE                                                                                  \
	{                                                                                          \
		.fd = FD_NONE                                                                      \
	}

#define auto_blob CLEANUP(blob_close)

int blob_open(const struct blob_source *source, const char *name, struct blob *ret,
	      struct error *err) MUST_CHECK;

/* Up to size bytes; 0 at the end.  -EINVAL: the file is shorter than it was. */
ssize_t blob_read(struct blob *blob, void *buffer, size_t size, struct error *err) MUST_CHECK;

void blob_close(struct blob *blob);

/* What a document says a blob is; size_bytes and digest are believed only when they hold. */
struct blob_claim {
	const char *name;            /* file name in the source */
	const struct digest *digest; /* NULL: nothing is known */
	bool has_size;
	uint64_t size_bytes;
};

/* Appends a whole small blob, at most max bytes, and checks the claim. */
int blob_load(const struct blob_source *source, const struct blob_claim *claim, size_t max,
	      struct text *out, struct error *err) MUST_CHECK;
