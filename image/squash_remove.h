/* SPDX-License-Identifier: Apache-2.0 */
/*
 * squash_remove.h - takes away what lower layers have, around what the current one has; for
 * this folder only.
 *
 * Times of directories that stay are left as they were.
 */
#pragma once

#include "image/entry_name.h"
#include "image/name_table.h"

struct squash_removal {
	const struct name_table *made; /* plain names that the current layer has */
	char path[ENTRY_NAME_SIZE];    /* of the directory; longer for a while within the calls */
};

/* One name of the directory dir_fd. */
int squash_remove_lower(struct squash_removal *removal, int dir_fd, const char *last,
			struct error *err) MUST_CHECK;

/* All names of it; the directory's own time is the caller's affair. */
int squash_remove_all_lower(struct squash_removal *removal, int dir_fd,
			    struct error *err) MUST_CHECK;
