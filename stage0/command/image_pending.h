/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image_pending.h - images that members of the group have fetched and root has not taken in yet.
 *
 * Everything about them is what those members claim.
 *
 * Ownership:  strings belong to the arena.
 * Errors:     -ENOENT none that is meant; -errno, err filled.
 */
#pragma once

#include "common/base/text.h"
#include "stage0/store/store_list.h"

/* All of them, as if they were in the store: imported when they were fetched, never used. */
int image_pending_list(const struct store *store, struct arena *arena, struct store_entries *ret,
		       struct error *err) MUST_CHECK;

/* Appends the manifest of the one that a user means; of several the newest. */
int image_pending_manifest(const struct store *store, struct arena *arena, const char *reference,
			   struct text *out, struct error *err) MUST_CHECK;
