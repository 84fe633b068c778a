/* SPDX-License-Identifier: Apache-2.0 */
#include "image/layer_apply.h"

#include <errno.h>
#include <string.h>

#include "image/entry_name.h"
#include "image/whiteout.h"

struct pass {
	struct squash_tree *tree;
	const struct layer *layer;
	struct layer_counts *counts;
	bool has_ended; /* the stream goes on with the next layer */
	struct archive_reader *archive;
	struct tar_reader *tar;
	char name[ENTRY_NAME_SIZE];
	char target[ENTRY_NAME_SIZE];
};

static void release_pass(struct pass *pass)
{
	tar_reader_close(&pass->tar);
	archive_reader_close(&pass->archive);
}

static ssize_t read_stream(void *context, void *buffer, size_t size, struct error *err)
{
	struct pass *pass = context;
	ssize_t n = pass->has_ended ? 0 : layer_stream_read(pass->layer->stream, buffer, size, err);

	pass->has_ended = n == 0;
	return n;
}

/* Some builders write "/etc/passwd": the root is the image's either way. */
static int clean(const char *name, char *buffer, struct error *err)
{
	while (name[0] == '/' && name[1] != '\0')
		name++;
	if (strcmp(name, "/") == 0)
		name = ".";
	return entry_name_clean(name, buffer, ENTRY_NAME_SIZE, err);
}

static int take_link(struct pass *pass, const struct tar_entry *entry, struct error *err)
{
	int r = clean(entry->link_name, pass->target, err);

	if (r < 0)
		return error_prefix(err, "is a hard link whose target");
	return squash_tree_link(pass->tree, pass->name, pass->target, err);
}

static int take_entry(struct pass *pass, const struct tar_entry *entry, struct error *err)
{
	enum whiteout whiteout = WHITEOUT_NONE;
	const char *last = NULL;
	int r = clean(entry->name, pass->name, err);

	r = r < 0 ? r : whiteout_of(pass->name, &whiteout, &last, err);
	if (r < 0 || whiteout == WHITEOUT_IGNORE)
		return r;
	if (whiteout != WHITEOUT_NONE)
		return squash_tree_remove(pass->tree, pass->name, last, err);
	if (entry->type == TAR_HARD_LINK)
		return take_link(pass, entry, err);
	if (entry->type == TAR_CHARACTER_DEVICE || entry->type == TAR_BLOCK_DEVICE) {
		pass->counts->n_devices++;
		return 0;
	}
	return squash_tree_add(pass->tree, pass->name, entry, pass->tar, err);
}

static int take_all(struct pass *pass, struct error *err)
{
	for (;;) {
		struct entry_name_shown shown;
		struct tar_entry entry;
		int r = tar_reader_next(pass->tar, &entry, err);

		if (r <= 0)
			return r;
		if (pass->counts->n_entries++ == pass->layer->max_entries)
			return error_set(err, EFBIG, "the image has more than %u entries",
					 pass->layer->max_entries);
		r = take_entry(pass, &entry, err);
		if (r < 0)
			return error_prefix(err, "%s", entry_name_show(entry.name, &shown));
	}
}

int layer_apply(struct squash_tree *tree, const struct layer *layer, struct layer_counts *counts,
		struct error *err)
{
	CLEANUP(release_pass)
	struct pass pass = { .tree = tree, .layer = layer, .counts = counts };
	const struct archive_input input = { .read = read_stream, .context = &pass };
	/* The ratio is the sender's to watch, who knows both numbers. */
	const struct archive_limits limits = {
		.max_bytes = layer->max_bytes - counts->unpacked_bytes,
		.ratio_from = UINT64_MAX,
	};
	int r;

	if (counts->unpacked_bytes >= layer->max_bytes)
		return error_set(err, EFBIG, "the image unpacks to more than %llu bytes",
				 (unsigned long long)layer->max_bytes);
	r = archive_reader_open_plain(&input, &limits, &pass.archive, err);
	r = r < 0 ? r : tar_reader_open(pass.archive, &pass.tar, err);
	r = r < 0 ? r : squash_tree_begin_layer(tree, err);
	r = r < 0 ? r : take_all(&pass, err);
	if (r < 0)
		return r;
	counts->unpacked_bytes += archive_reader_unpacked(pass.archive);
	return squash_tree_finish(tree, err);
}
