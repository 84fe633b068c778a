/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_list.h - all images of the store.
 *
 * Ownership:  what is returned belongs to the arena.
 * Errors:     -errno, err filled; an image that is removed meanwhile is left out.
 */
#pragma once

#include "stage0/store/store_record.h"

struct store_entry {
	struct store_record record;
	uint64_t used_ns; /* when it was last used, since the epoch */
};

struct store_entries {
	struct store_entry *items;
	size_t n;
};

/* One record file is read for each image; the order is the directory's. */
int store_list(const struct store *store, struct arena *arena, struct store_entries *ret,
	       struct error *err) MUST_CHECK;

/* The record of one image; -ENOENT. */
int store_read_entry(const struct store *store, struct arena *arena, const char *id,
		     struct store_entry *ret, struct error *err) MUST_CHECK;

/*
 * Calls visitor with each id that starts with prefix ("sha512-…", maybe nothing
 * after it).  A negative result of visitor ends the walk and is returned.
 */
typedef int store_id_visitor(void *context, const char *id, struct error *err);
int store_visit_ids(const struct store *store, const char *prefix, store_id_visitor *visitor,
		    void *context, struct error *err) MUST_CHECK;
