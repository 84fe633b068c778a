/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_sources.h - sources/: which file was which image, so that it need not be read again.
 *
 * One small file for each source, named by device and inode; it holds size, mtime,
 * ctime, what was asked of the file (which of its images, under which name) and id.  Why that is
 * sound: store_import.h.  For an image of OCI or Docker there is one more, named by a digest of all
 * that the result depends on: it is known again wherever it comes from.
 *
 * Failures are only a lost shortcut: noting is best effort.
 */
#pragma once

#include <sys/stat.h>

#include "stage0/store/store.h"

struct store_source {
	struct stat stat;  /* as it was before the import, which reads the file to its end */
	const char *asked; /* "" for an image file, which holds one image only */
};

/* The id of the image a file was when it was last imported; -ENOENT: not known. */
int store_sources_find(const struct store *store, const struct store_source *source,
		       char ret_id[static STORE_ID_SIZE]) MUST_CHECK;

void store_sources_note(const struct store *store, const struct store_source *source,
			const char *id);

/* The same by a key: hex digits. */
int store_sources_find_key(const struct store *store, const char *key,
			   char ret_id[static STORE_ID_SIZE]) MUST_CHECK;
void store_sources_note_key(const struct store *store, const char *key, const char *id);

/* Removes notes whose image is gone. */
int store_sources_collect(const struct store *store, struct error *err) MUST_CHECK;
