/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/store/store_verify.h"

#include <errno.h>

#include "stage0/store/store_disk.h"
#include "stage0/store/store_render.h"

/* A tree that is good itself may have a disk for virtual machines that is not. */
static int verify_disk(const struct store *store, const struct store_image *image,
		       const struct tree_sums_reader *reader, struct error *err)
{
	int r = store_disk_is_good(store, image->tree_id, err);

	if (r != 0)
		return r < 0 ? r : 0;
	reader->differs(reader->context, "disk." STORE_DISK_FORMAT,
			"is not what is made of the files");
	return 1;
}

static int verify_own(const struct store *store, const struct store_image *image,
		      const struct tree_sums_reader *reader, struct error *err)
{
	struct error mine = { 0 };
	int r = tree_sums_compare(image->tree, reader, &mine);

	if (r == -ENOENT)
		return error_set(err, ENOENT,
				 "no sums were taken when %s was imported; import it again to have "
				 "them",
				 image->id);
	if (r == 0)
		r = verify_disk(store, image, reader, &mine);
	return r < 0 ? error_set(err, mine.code, "image %s: %s", image->id, mine.text) : r;
}

static int compare(void *context, int rendered, int anew, struct error *err)
{
	return tree_sums_compare_trees(rendered, anew, context, err);
}

int store_verify(const struct store *store, const struct store_image *image,
		 const struct image_manifest *manifest, const struct tree_sums_reader *reader,
		 struct error *err)
{
	auto_arena struct arena arena = { 0 };
	auto_store_chain struct store_chain chain = { .arena = &arena };
	int r, differences = 0;

	if (!store_needs_rendering(manifest))
		return verify_own(store, image, reader, err);
	r = store_chain_resolve(store, image, NULL, &chain, err);
	for (size_t i = 0; r >= 0 && i < chain.n; i++) {
		r = verify_own(store, &chain.items[i].image, reader, err);
		differences += r > 0 ? r : 0;
	}
	if (r >= 0)
		r = store_render_compare(store, &chain, compare, (void *)(uintptr_t)reader, err);
	return r < 0 ? r : differences + r;
}
