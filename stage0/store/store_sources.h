/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_sources.h - sources/: which file was which image, so that it need not be read again.
 *
 * One small file for each source, named by device and inode; it holds size, mtime,
 * ctime and id.  Why that is sound: store_import.h.
 *
 * Failures are only a lost shortcut: noting is best effort.
 */
#pragma once

#include <sys/stat.h>

#include "stage0/store/store.h"

/* The id of the image a file was when it was last imported; -ENOENT: not known. */
int store_sources_find(const struct store *store, const struct stat *source,
		       char ret_id[static STORE_ID_SIZE]) MUST_CHECK;

/* Notes it; source: as it was before the import, which read the file to its end. */
void store_sources_note(const struct store *store, const struct stat *source, const char *id);

/* Removes notes whose image is gone. */
int store_sources_collect(const struct store *store, struct error *err) MUST_CHECK;
