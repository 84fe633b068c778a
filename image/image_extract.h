/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image_extract.h - one pass over a hostile archive: checked, hashed, written.
 *
 * Layout:     exactly one `manifest` (regular file, at most 1 MiB) and one `rootfs`
 *             directory at the top level; all else lies below rootfs/.
 * Names:      relative, no "..", no empty name, no NUL, at most 4096 bytes and 256
 *             components.  A leading "./" and doubled slashes are dropped.
 * Writing:    nothing is ever reached through a symbolic link: parents are opened with
 *             RESOLVE_NO_SYMLINKS (names have no ".."), files created with O_EXCL after what
 *             was there is unlinked (a later entry wins; a directory is never replaced).
 *             Hard links only to regular files this extraction has made.  Owners are the
 *             numbers of the archive, names are ignored.  Directories get their
 *             metadata last.  Long runs of zeros become holes.
 * Refused:    sparse entries, PAX and ustar sizes that differ, unknown types, a
 *             truncated archive, anything but zeros after its end.
 * xattrs:     security.capability and user.* are kept, others dropped and counted.
 * Memory:     flat, but for the metadata of the directories (about 100 bytes each).
 * Process:    blocking; meant for a process of its own, after image_confine().
 * Errors:     -EINVAL content, -EFBIG limits, -EPERM policy, -ENOTEMPTY target not
 *             empty, else -errno; err names the entry.  What was written so far
 *             stays for the caller to remove; *ret is untouched.
 */
#pragma once

#include <stdbool.h>

#include "image/archive_reader.h"
#include "image/image_facts.h"

#define IMAGE_MANIFEST_MAX_BYTES ((size_t)1 << 20)
#define IMAGE_MAX_ENTRIES        5000000U

/* Called now and then with the packed bytes read so far; may be NULL. */
typedef void (*image_progress_fn)(uint64_t packed_bytes, void *context);

struct image_extract_options {
	struct archive_limits limits;
	uint32_t max_entries; /* 0: IMAGE_MAX_ENTRIES */
	bool allow_devices;   /* create device nodes; else they are refused */
	bool drop_owner;      /* leave all files to the caller: for use without root */
	image_progress_fn progress;
	void *progress_context;
};

/* Extracts into an empty directory.  options may be NULL: all defaults. */
int image_extract(int archive_fd, int target_fd, const struct image_extract_options *options,
		  struct image_facts *ret, struct error *err) MUST_CHECK;

/*
 * The same checks without writing.  Keeps 8 bytes for each entry, to know what a
 * hard link may point to.  Device nodes are allowed if options say so.
 */
int image_check(int archive_fd, const struct image_extract_options *options,
		struct image_facts *ret, struct error *err) MUST_CHECK;

/*
 * Only the manifest, stopping as soon as it has been read: no id, no check of the rest.
 * *ret is malloc()ed, NUL-terminated, free() it.
 */
int image_read_manifest(int archive_fd, char **ret, size_t *ret_length,
			struct error *err) MUST_CHECK;
