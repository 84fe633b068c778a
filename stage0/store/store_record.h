/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_record.h - what the store knows about an image, as one line of text.
 *
 *   IMPORTED_NS SIZE_BYTES ID NAME [LABEL=VALUE]…\n
 *
 * A tree's record file has one such line, a file of names/ one for each image of
 * that name.  Blanks, control characters and '%' of label values are written
 * as %XX.  When an image was last used is the mtime of its record file.
 *
 * Errors:     -EINVAL a damaged line, -ENOMEM.
 * Ownership:  everything read belongs to the arena.
 */
#pragma once

#include "stage0/store/store.h"

struct store_record {
	const char *id;
	const char *name;
	struct manifest_pairs labels;
	uint64_t imported_ns; /* since the epoch */
	uint64_t size_bytes;  /* of the extracted files */
};

/* Most bytes of a names/ file: some thousand images of one name. */
#define STORE_RECORD_FILE_MAX ((size_t)4 << 20)

/* Failures stick to out, see text.h. */
int store_record_write(const struct store_record *record, struct text *out);

/*
 * Reads the line at *cursor and moves *cursor behind it.  Returns 1, 0 when
 * there is no further line, or -errno.
 */
int store_record_read(struct arena *arena, const char **cursor,
		      struct store_record *ret) MUST_CHECK;

/* Reads a whole file of records, in the order they are in; damaged lines are passed over. */
struct store_records {
	struct store_record *items;
	size_t n;
};

int store_records_load(struct arena *arena, int dir, const char *name, struct store_records *ret,
		       struct error *err) MUST_CHECK;
