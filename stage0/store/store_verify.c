/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/store/store_verify.h"

#include <errno.h>

#include "stage0/store/store_render.h"

static int verify_own(const struct store_image *image, const struct tree_sums_reader *reader,
		      struct error *err)
{
	struct error mine = { 0 };
	int r = tree_sums_compare(image->tree, reader, &mine);

	if (r == -ENOENT)
		return error_set(err, ENOENT,
				 "no sums were taken when %s was imported; import it again to have "
				 "them",
				 image->id);
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
		return verify_own(image, reader, err);
	r = store_chain_resolve(store, image, NULL, &chain, err);
	for (size_t i = 0; r >= 0 && i < chain.n; i++) {
		r = verify_own(&chain.items[i].image, reader, err);
		differences += r > 0 ? r : 0;
	}
	if (r >= 0)
		r = store_render_compare(store, &chain, compare, (void *)(uintptr_t)reader, err);
	return r < 0 ? r : differences + r;
}
