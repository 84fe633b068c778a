/* SPDX-License-Identifier: Apache-2.0 */
/*
 * entry_check.h - whether each entry of an image can follow those before it; for this folder only.
 *
 * Parents are directories or missing, hard links lead to regular files before them, nothing
 * replaces a directory.
 *
 * Memory:     8 bytes for each entry.
 */
#pragma once

#include "image/image_pass.h"
#include "image/name_table.h"

struct entry_check {
	struct name_table names;
	uint32_t n_dropped_xattrs;
};

int entry_check_take(struct entry_check *check, const struct image_entry *entry,
		     struct error *err) MUST_CHECK;

void entry_check_release(struct entry_check *check);
