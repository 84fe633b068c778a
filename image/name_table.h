/* SPDX-License-Identifier: Apache-2.0 */
/*
 * name_table.h - which names an archive has had so far, and what they are; for this
 * folder only.
 *
 * Stands in for a directory tree where nothing is written.  Keeps a keyed 64-bit
 * hash of each name, no text; a collision can only make image_check() accept
 * what image_extract() refuses.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"

enum name_kind { NAME_ABSENT, NAME_DIRECTORY, NAME_FILE, NAME_OTHER };

struct name_table {
	uint64_t *slots; /* hash with the kind in its lowest two bits; 0: free */
	size_t n, capacity;
	uint64_t key;
};

/* What the tree would have at a plain name, after all entries so far. */
enum name_kind name_table_get(const struct name_table *table, const char *name, size_t length);

/* Puts a name there, or changes what it is.  -ENOMEM. */
int name_table_set(struct name_table *table, const char *name, size_t length,
		   enum name_kind kind) MUST_CHECK;

void name_table_release(struct name_table *table);
