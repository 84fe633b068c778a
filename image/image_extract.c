/* SPDX-License-Identifier: Apache-2.0 */
#include "image/image_extract.h"

#include "common/base/cleanup.h"
#include "image/extract_tree.h"
#include "image/image_pass.h"

static int write_entry(void *context, const struct image_entry *entry, struct tar_reader *data,
		       struct error *err)
{
	struct extract_tree *tree = context;

	if (entry->hard_link != NULL)
		return extract_tree_link(tree, entry->name, entry->hard_link, err);
	return extract_tree_add(tree, entry->name, entry->tar, data, err);
}

static int write_manifest(void *context, const struct tar_entry *entry,
			  const struct image_facts *facts, struct error *err)
{
	return extract_tree_add_manifest(context, entry, facts->manifest, facts->manifest_length,
					 err);
}

int image_extract(int archive_fd, int target_fd, const struct image_extract_options *options,
		  struct image_facts *ret, struct error *err)
{
	CLEANUP(extract_tree_release) struct extract_tree tree = { .parent_fd = FD_NONE };
	const struct image_sink sink = {
		.entry = write_entry,
		.manifest = write_manifest,
		.context = &tree,
	};
	auto_image_facts struct image_facts facts = { 0 };
	int r;

	r = extract_tree_begin(&tree, target_fd, options != NULL && options->drop_owner, err);
	r = r < 0 ? r : image_pass_run(archive_fd, options, &sink, &facts, err);
	r = r < 0 ? r : extract_tree_finish(&tree, err);
	if (r < 0)
		return r;
	facts.n_dropped_xattrs = tree.n_dropped_xattrs;
	*ret = facts;
	facts.manifest = NULL;
	return 0;
}
