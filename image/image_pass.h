/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image_pass.h - one pass over an image's entries, checked against the layout; for
 * this folder only.
 *
 * The pass knows what an image may hold; the sink decides what becomes of it:
 * image_extract() writes, image_check() only remembers names.
 */
#pragma once

#include "image/image_extract.h"
#include "image/tar_reader.h"

struct image_entry {
	const char *name;      /* plain; "rootfs" or below it, or "manifest" */
	const char *hard_link; /* plain, below rootfs; NULL: no hard link */
	const struct tar_entry *tar;
};

struct image_sink {
	/* Takes an entry; a file's data comes from tar_reader_read(), what is not read is skipped.
	 */
	int (*entry)(void *context, const struct image_entry *entry, struct tar_reader *data,
		     struct error *err);
	/* Takes the manifest, which the pass has read already. */
	int (*manifest)(void *context, const struct tar_entry *entry,
			const struct image_facts *facts, struct error *err);
	void *context;
	bool only_manifest; /* stop after it; facts hold nothing else then */
};

/* On success *ret is filled; errors name the entry. */
int image_pass_run(int archive_fd, const struct image_extract_options *options,
		   const struct image_sink *sink, struct image_facts *ret,
		   struct error *err) MUST_CHECK;
