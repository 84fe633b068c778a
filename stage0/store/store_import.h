/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_import.h - an image from outside into the store.
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

#include "stage0/store/image_source.h"
#include "stage0/store/store.h"

struct store_login {
	const char *registry; /* "quay.io" */
	const char *user, *password;
};

struct store_import_options {
	bool quiet;                      /* no progress bar, even on a terminal */
	bool update;                     /* of a registry: ask what the name stands for now */
	bool store_only;                 /* of a registry: only what it stood for the last time */
	const char *expected_id;         /* what it must turn out to be; NULL: whatever it is */
	const char *title;               /* how messages call the image; NULL: by its path */
	const struct store_login *login; /* of a registry; NULL: what skopeo has itself */
	const char *helper;              /* path of rkt-image; NULL: look beside this executable */
};

int store_import_file(const struct store *store, const char *path,
		      const struct store_import_options *options, struct store_image *ret,
		      struct error *err) MUST_CHECK;

/*
 * An image of OCI or Docker (image_source_is_container()), turned into one of App Container: the
 * same image under the same name gets the same id.  Archives are recognised as above, layouts by
 * the digest of their manifest, images of a registry or a storage by their reference.
 */
int store_import_container(const struct store *store, const struct image_source *source,
			   const struct store_import_options *options, struct store_image *ret,
			   struct error *err) MUST_CHECK;
