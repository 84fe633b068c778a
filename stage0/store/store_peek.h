/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_peek.h - the manifest of an image file, before anybody vouches for the file.
 *
 * Whose keys may sign an image depends on its name, which is in its manifest.  rkt-image reads it,
 * confined as when it unpacks, and stops behind it: of an image file with the manifest first,
 * little is read.  Who is not root, and cannot import, has all of it checked at once.
 *
 * Errors:     -EINVAL no image; -errno; err filled.
 */
#pragma once

#include "stage0/store/store.h"

/* Appends the manifest's bytes, not checked.  The file's position is where it was not. */
int store_peek_manifest(const struct store *store, int file, struct text *out,
			struct error *err) MUST_CHECK;

/* The same for who is not root, of an image that is all there and well-formed; and its id. */
int store_check_image(int file, char ret_id[static STORE_ID_SIZE], struct text *out,
		      struct error *err) MUST_CHECK;
