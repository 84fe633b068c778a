/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image_write.h - an image file from a directory, the same bytes every time.
 *
 * Reproducible: entries sorted by name (bytes), manifest first; every mtime is the one
 *             time given; owners as numbers, no names; no access times, no inode
 *             numbers; ustar headers, with PAX records only where ustar cannot say it;
 *             packed by one thread at a fixed level (archive_writer.h), no name and no time in
 * gzip's header. Kept:       modes with set-id bits, hard links (also across directories), symbolic
 *             links, device nodes, fifos, xattrs security.capability and user.*.
 * Refused:    sockets, unless they are to be left out; files that change while they are read.
 * Memory:     the names of the directories on the way down and one record for each
 *             inode with further links to come; never with the size of the files.
 * Errors:     -errno, err names the file relative to the rootfs.
 */
#pragma once

#include <stdbool.h>

#include "image/image_extract.h"
#include "image/image_facts.h"

struct image_source {
	const char *manifest; /* written as it is; the caller has validated it */
	size_t manifest_length;
	int rootfs_fd; /* an open directory; it may be the working tree of someone else */
};

struct image_write_options {
	enum image_compression compression; /* all but bzip2 */
	int64_t mtime;                      /* seconds since 1970, of every entry; not negative */
	bool owned_by_root;                 /* uid and gid 0 for all */
	bool keep_times;                    /* the files' own mtime, in whole seconds; mtime is the
					       manifest's only */
	bool skip_sockets;                  /* leave them out and count them */
	uint32_t first_id, n_ids;           /* ids from first_id on become those from 0 on; n_ids 0:
					       all stay */
	image_progress_fn progress;         /* with the bytes of files read so far */
	void *progress_context;
};

/* Writes to an fd at its position, or (FD_NONE, no compression) only finds the id out.  facts'
 * manifest stays NULL. */
int image_write(int out_fd, const struct image_source *source,
		const struct image_write_options *options, struct image_facts *ret,
		struct error *err) MUST_CHECK;
