/* SPDX-License-Identifier: Apache-2.0 */
/*
 * made_tar.h - archives made by hand, good and bad, for the tests of image/.
 *
 * Writes its own header blocks, so that a bug in image/tar_header.c cannot hide itself.
 */
#pragma once

#include "common/base/text.h"

struct made_entry {
	const char *name;
	char type;        /* 0: '0' */
	const char *link; /* NULL: "" */
	const char *data; /* NULL: none */
	size_t length;    /* of data; 0 with data: strlen(data) */
	unsigned mode;    /* 0: 0644 */
	unsigned uid, gid;
	const char *size; /* NULL: of data; else the twelve bytes of the field, as text */
	unsigned major, minor;
	const char *magic; /* NULL: ustar */
};

#define made_tar_add(tar, ...) made_tar_entry((tar), &(struct made_entry){ __VA_ARGS__ })

void made_tar_entry(struct text *tar, const struct made_entry *entry);

/* A PAX header for the next entry: records as pairs of key and value, NULL at the end. */
void made_tar_pax(struct text *tar, ...);

/* PAX records as they are. */
void made_tar_pax_raw(struct text *tar, const char *records, size_t length);

/* manifest and rootfs/, as every image begins. */
void made_tar_start(struct text *tar);

/* Two blocks of zeros. */
void made_tar_end(struct text *tar);

/* A memfd that holds the bytes, at its start.  */
int made_tar_fd(const struct text *tar);

/* Packed by libarchive: "gzip", "bzip2", "xz", "zstd". */
int made_tar_packed(const struct text *tar, const char *filter);

/* An fd of an empty tmpfs at /tmp, in a mount namespace of the test's own; needs root. */
int made_directory(void);
