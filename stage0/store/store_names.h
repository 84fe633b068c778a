/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_names.h - names/: the images of a name, newest import first.
 *
 * A cache of what the records of image/ say: each function that finds it wrong
 * can have it rebuilt.
 *
 * Errors:     -errno, err filled.
 * Processes:  writers hold the store's lock exclusively; readers need none.
 */
#pragma once

#include "stage0/store/store_record.h"

/* The records of a name; none (n == 0) when there is no file. */
int store_names_load(const struct store *store, struct arena *arena, const char *name,
		     struct store_records *ret, struct error *err) MUST_CHECK;

/* Puts a record in front, and any older one of the same id away. */
int store_names_add(const struct store *store, const struct store_record *record,
		    struct error *err) MUST_CHECK;

/* Takes an id away; the file goes with its last record. */
int store_names_remove(const struct store *store, const char *name, const char *id,
		       struct error *err) MUST_CHECK;

/* Writes the file of a name anew from the records of image/ (all are read). */
int store_names_rebuild(const struct store *store, const char *name, struct error *err) MUST_CHECK;
