/* SPDX-License-Identifier: Apache-2.0 */
#include "image/image_copy.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "image/archive_writer.h"
#include "image/entry_check.h"
#include "image/entry_name.h"
#include "image/tree_write.h"
#include "image/xattr_kept.h"

#define BUFFER_BYTES ((size_t)64 << 10)

#define LATEST       ((int64_t)077777777777) /* the year 2242 */

struct copy {
	const struct image_copy *wanted;
	struct entry_check check;
	struct archive_writer *archive;
	struct tar_writer tar;
	struct tar_xattr xattrs[TAR_MAX_XATTRS];
	char name[ENTRY_NAME_SIZE + 1]; /* of a directory, with its slash */
	unsigned char buffer[BUFFER_BYTES];
};

static void release_copy(struct copy **held)
{
	struct copy *copy = *held;

	if (copy == NULL)
		return;
	entry_check_release(&copy->check);
	tar_writer_release(&copy->tar);
	archive_writer_close(&copy->archive);
	free(copy);
}

static int add(void *context, const void *data, size_t length, struct error *err)
{
	return archive_writer_add(context, data, length, err);
}

/* What ustar can say. */
static int64_t bound_time(int64_t seconds)
{
	if (seconds < 0)
		return 0;
	return seconds > LATEST ? LATEST : seconds;
}

static void keep_xattrs(struct copy *copy, struct tar_entry *entry)
{
	bool can_have = entry->type == TAR_FILE || entry->type == TAR_DIRECTORY;
	size_t n = 0;

	for (size_t i = 0; can_have && i < entry->n_xattrs; i++) {
		if (image_xattr_is_kept(entry->xattrs[i].name))
			copy->xattrs[n++] = entry->xattrs[i];
	}
	entry->xattrs = copy->xattrs;
	entry->n_xattrs = n;
}

static int copy_data(struct copy *copy, struct tar_reader *data, struct error *err)
{
	ssize_t n;

	while ((n = tar_reader_read(data, copy->buffer, sizeof(copy->buffer), err)) > 0) {
		int r = tar_writer_data(&copy->tar, copy->buffer, (size_t)n, err);

		if (r < 0)
			return r;
	}
	return n < 0 ? (int)n : tar_writer_end(&copy->tar, err);
}

static int copy_entry(void *context, const struct image_entry *entry, struct tar_reader *data,
		      struct error *err)
{
	struct copy *copy = context;
	struct tar_entry out = *entry->tar;
	int r = entry_check_take(&copy->check, entry, err);

	if (r < 0)
		return r;
	(void)snprintf(copy->name, sizeof(copy->name), "%s%s", entry->name,
		       out.type == TAR_DIRECTORY ? "/" : "");
	out.name = copy->name;
	if (entry->hard_link != NULL)
		out.link_name = entry->hard_link;
	out.mtime = (struct tar_time){ .seconds = bound_time(out.mtime.seconds) };
	out.uid = tree_write_id(out.uid, copy->wanted->first_id, copy->wanted->n_ids);
	out.gid = tree_write_id(out.gid, copy->wanted->first_id, copy->wanted->n_ids);
	keep_xattrs(copy, &out);
	r = tar_writer_begin(&copy->tar, &out, err);
	return r < 0 || out.type != TAR_FILE ? r : copy_data(copy, data, err);
}

/* Another one, in the place and with the time of that of the archive. */
static int copy_manifest(void *context, const struct tar_entry *entry,
			 const struct image_facts *facts, struct error *err)
{
	struct copy *copy = context;
	const struct tar_entry manifest = {
		.name = "manifest",
		.link_name = "",
		.type = TAR_FILE,
		.mode = 0644,
		.size_bytes = copy->wanted->manifest_length,
		.mtime = { .seconds = bound_time(entry->mtime.seconds) },
	};
	int r = tar_writer_begin(&copy->tar, &manifest, err);

	(void)facts;
	if (r == 0)
		r = tar_writer_data(&copy->tar, copy->wanted->manifest,
				    copy->wanted->manifest_length, err);
	return r < 0 ? r : tar_writer_end(&copy->tar, err);
}

static int run(struct copy *copy, struct image_facts *facts, struct error *err)
{
	static const struct image_extract_options options = { .allow_devices = true };
	const struct image_sink sink = { .entry = copy_entry,
					 .manifest = copy_manifest,
					 .context = copy };
	int r =
	    archive_writer_open(copy->wanted->to, copy->wanted->compression, &copy->archive, err);

	copy->tar.output = (struct tar_output){ .add = add, .context = copy->archive };
	if (r == 0)
		r = image_pass_run(copy->wanted->from, &options, &sink, facts, err);
	if (r == 0)
		r = tar_writer_finish(&copy->tar, err);
	return r < 0 ? r : archive_writer_finish(copy->archive, &facts->id, err);
}

int image_copy(const struct image_copy *wanted, struct image_facts *ret, struct error *err)
{
	CLEANUP(release_copy) struct copy *copy = calloc(1, sizeof(*copy));
	auto_image_facts struct image_facts facts = { .n_entries = 0 };
	int r;

	if (copy == NULL)
		return error_set(err, ENOMEM, "preparing to write an image: out of memory");
	copy->wanted = wanted;
	r = run(copy, &facts, err);
	if (r < 0)
		return r;
	facts.compression = wanted->compression;
	facts.n_dropped_xattrs = copy->check.n_dropped_xattrs;
	facts.unpacked_bytes = archive_writer_unpacked(copy->archive);
	facts.packed_bytes = archive_writer_packed(copy->archive);
	*ret = facts;
	facts = (struct image_facts){ .n_entries = 0 };
	return 0;
}
