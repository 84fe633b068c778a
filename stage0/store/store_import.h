/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_import.h - a local image file into the store.
 *
 * The work is done by the program rkt-image, beside this executable or in
 * ../lib/rkt: it reads the file once, hashing and extracting into a quarantine
 * below cas/tmp, and renames the result into place.  This process loads none of
 * the libraries that takes.
 *
 * A file that was imported before is recognised by device, inode, size, mtime
 * and ctime (nanoseconds) and is not read again.  That is sound: whoever changes
 * its content changes its ctime, which only root can set back, by setting the clock.
 * What is recognised counts as an import all the same: it is the latest of its name then.
 * A file whose ctime is less than two seconds old is read all the same, because
 * a later write may fall into the same tick.
 *
 * Errors:     as the helper reports them: -EINVAL a hostile or broken image,
 *             -ENOSPC a full disk, -ENOENT no such file; nothing is left behind.
 * Processes:  two imports of one image at a time are harmless; the second one's
 *             tree is dropped.
 */
#pragma once

#include "stage0/store/store.h"

struct store_import_options {
	bool quiet;         /* no progress bar, even on a terminal */
	const char *helper; /* path of rkt-image; NULL: look beside this executable */
};

int store_import_file(const struct store *store, const char *path,
		      const struct store_import_options *options, struct store_image *ret,
		      struct error *err) MUST_CHECK;
