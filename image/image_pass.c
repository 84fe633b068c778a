/* SPDX-License-Identifier: Apache-2.0 */
#include "image/image_pass.h"

#include <errno.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "image/entry_name.h"

#define PROGRESS_EACH 64 /* entries */

struct pass {
	const struct image_extract_options *options;
	const struct image_sink *sink;
	struct archive_reader *archive;
	struct tar_reader *tar;
	struct image_facts facts;
	bool has_rootfs;
	char name[ENTRY_NAME_SIZE];
	char hard_link[ENTRY_NAME_SIZE];
};

static void release_pass(struct pass *pass)
{
	tar_reader_close(&pass->tar);
	archive_reader_close(&pass->archive);
	image_facts_release(&pass->facts);
}

static int take_manifest(struct pass *pass, const struct tar_entry *entry, struct error *err)
{
	auto_free char *content = NULL;
	ssize_t n;

	if (entry->type != TAR_FILE)
		return error_set(err, EINVAL, "is not a regular file");
	if (pass->facts.manifest != NULL)
		return error_set(err, EINVAL, "is there twice");
	if (entry->size_bytes > IMAGE_MANIFEST_MAX_BYTES)
		return error_set(err, EFBIG, "has more than %zu bytes", IMAGE_MANIFEST_MAX_BYTES);
	content = malloc((size_t)entry->size_bytes + 1);
	if (content == NULL)
		return error_set(err, ENOMEM, "does not fit into memory");
	n = tar_reader_read(pass->tar, content, (size_t)entry->size_bytes, err);
	if (n < 0)
		return (int)n;
	content[n] = '\0';
	pass->facts.manifest = take_ptr(&content);
	pass->facts.manifest_length = (size_t)n;
	if (pass->sink->manifest == NULL)
		return 0;
	return pass->sink->manifest(pass->sink->context, entry, &pass->facts, err);
}

static bool is_below_rootfs(const char *name)
{
	return strncmp(name, "rootfs/", 7) == 0;
}

static int check_place(struct pass *pass, const struct tar_entry *entry, struct error *err)
{
	if (is_below_rootfs(pass->name))
		return 0;
	if (strcmp(pass->name, "rootfs") != 0)
		return error_set(err, EINVAL, "is neither the manifest nor in rootfs");
	if (entry->type != TAR_DIRECTORY)
		return error_set(err, EINVAL, "is not a directory");
	if (pass->has_rootfs)
		return error_set(err, EINVAL, "is there twice");
	pass->has_rootfs = true;
	return 0;
}

static int check_policy(const struct pass *pass, const struct tar_entry *entry, struct error *err)
{
	bool is_device = entry->type == TAR_CHARACTER_DEVICE || entry->type == TAR_BLOCK_DEVICE;

	if (is_device && !pass->options->allow_devices)
		return error_set(err, EPERM, "is a device node, which is not allowed here");
	return 0;
}

static int clean_hard_link(struct pass *pass, const struct tar_entry *entry, struct error *err)
{
	int r = entry_name_clean(entry->link_name, pass->hard_link, sizeof(pass->hard_link), err);

	if (r < 0)
		return error_prefix(err, "is a hard link whose target");
	if (!is_below_rootfs(pass->hard_link))
		return error_set(err, EINVAL, "is a hard link out of rootfs");
	if (strcmp(pass->hard_link, pass->name) == 0)
		return error_set(err, EINVAL, "is a hard link to itself");
	return 0;
}

static int take_entry(struct pass *pass, const struct tar_entry *tar, struct error *err)
{
	struct image_entry entry = { .name = pass->name, .tar = tar };
	int r = entry_name_clean(tar->name, pass->name, sizeof(pass->name), err);

	if (r < 0)
		return r;
	/* "./", as in archives of a whole directory. */
	if (pass->name[0] == '\0')
		return tar->type == TAR_DIRECTORY ? 0 : error_set(err, EINVAL, "has no name");
	if (strcmp(pass->name, "manifest") == 0)
		return take_manifest(pass, tar, err);
	r = check_place(pass, tar, err);
	r = r < 0 ? r : check_policy(pass, tar, err);
	if (r == 0 && tar->type == TAR_HARD_LINK) {
		r = clean_hard_link(pass, tar, err);
		entry.hard_link = pass->hard_link;
	}
	if (r < 0 || pass->sink->entry == NULL)
		return r;
	pass->facts.content_bytes += tar->size_bytes;
	return pass->sink->entry(pass->sink->context, &entry, pass->tar, err);
}

static int count_entry(struct pass *pass, struct error *err)
{
	const struct image_extract_options *options = pass->options;
	uint32_t max = options->max_entries > 0 ? options->max_entries : IMAGE_MAX_ENTRIES;

	if (pass->facts.n_entries == max)
		return error_set(err, EFBIG, "the image has more than %u entries", max);
	if (pass->facts.n_entries++ % PROGRESS_EACH == 0 && options->progress != NULL)
		options->progress(archive_reader_packed(pass->archive), options->progress_context);
	return 0;
}

static int take_all(struct pass *pass, struct error *err)
{
	for (;;) {
		struct entry_name_shown shown;
		struct tar_entry entry;
		int r = tar_reader_next(pass->tar, &entry, err);

		if (r <= 0)
			return r;
		r = count_entry(pass, err);
		if (r < 0)
			return r;
		r = take_entry(pass, &entry, err);
		if (r < 0)
			return error_prefix(err, "%s", entry_name_show(entry.name, &shown));
		if (pass->sink->only_manifest && pass->facts.manifest != NULL)
			return 0;
	}
}

static int finish(struct pass *pass, struct error *err)
{
	struct image_facts *facts = &pass->facts;

	if (facts->manifest == NULL)
		return error_set(err, EINVAL, "the image has no manifest");
	if (pass->sink->only_manifest)
		return 0;
	if (!pass->has_rootfs)
		return error_set(err, EINVAL, "the image has no rootfs");
	facts->unpacked_bytes = archive_reader_unpacked(pass->archive);
	facts->packed_bytes = archive_reader_packed(pass->archive);
	facts->compression = archive_reader_compression(pass->archive);
	return archive_reader_finish(pass->archive, &facts->id, err);
}

int image_pass_run(int archive_fd, const struct image_extract_options *options,
		   const struct image_sink *sink, struct image_facts *ret, struct error *err)
{
	static const struct image_extract_options defaults;
	CLEANUP(release_pass)
	struct pass pass = { .options = options != NULL ? options : &defaults, .sink = sink };
	int r;

	r = archive_reader_open(archive_fd, &pass.options->limits, &pass.archive, err);
	r = r < 0 ? r : tar_reader_open(pass.archive, &pass.tar, err);
	r = r < 0 ? r : take_all(&pass, err);
	r = r < 0 ? r : finish(&pass, err);
	if (r < 0)
		return r;
	*ret = pass.facts;
	pass.facts = (struct image_facts){ 0 };
	return 0;
}

int image_read_manifest(int archive_fd, char **ret, size_t *ret_length, struct error *err)
{
	const struct image_sink sink = { .only_manifest = true };
	struct image_facts facts;
	int r = image_pass_run(archive_fd, &(struct image_extract_options){ .allow_devices = true },
			       &sink, &facts, err);

	if (r < 0)
		return r;
	*ret = facts.manifest;
	*ret_length = facts.manifest_length;
	return 0;
}
