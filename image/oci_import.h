/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oci_import.h - an image of OCI or Docker, squashed into one of App Container.
 *
 * Two processes in cells (image_confine.h), with a pipe between them: one sees nothing
 * but the source, reads the documents, verifies and unpacks the layers; the other sees
 * nothing but the target, and writes the files.  The caller's process only waits.
 *
 * Result:     target gets `manifest` and `rootfs`, as from an image file; the id is that of the
 *             archive that image_write() makes of them with its times kept, the same
 *             for the same image under the same name.
 * Needs:      root.
 * Errors:     -errno with err filled, of whichever process; what was written so far stays for the
 *             caller to remove.
 * Processes:  forks; single-threaded callers only.  The children die with the caller.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "image/compression.h"
#include "image/image_id.h"
#include "image/oci_resolve.h"

struct oci_import {
	int source_fd; /* a layout's directory, or an archive */
	struct oci_wanted wanted;
	int target_fd; /* an empty directory */
	int output_fd; /* for the image file, too; FD_NONE: none */
	enum image_compression compression;
	int progress_fd; /* FD_NONE: no progress bar */
	const char *title;
	/*
	 * Asked before any layer is read: true when the result is known already.  key is a
	 * file name.  May be NULL.
	 */
	bool (*is_known)(void *context, const char *key);
	/*
	 * Called when the target is as it will be, while its id is being found: time for whatever
	 * else reads it.  A negative result, with err, ends the import.  May be NULL.
	 */
	int (*written)(void *context, struct error *err);
	void *context;
};

struct oci_result {
	bool known; /* nothing was done, and nothing below is filled */
	struct image_id id;
	uint64_t content_bytes;
	uint32_t n_devices;        /* left out: an image's device nodes are never used */
	uint32_t n_dropped_xattrs; /* of other kinds than security.capability and user.* */
};

int oci_import(const struct oci_import *import, struct oci_result *ret,
	       struct error *err) MUST_CHECK;
