/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rkt fetch of a member of the store's group: what root will need to run the image, in the inbox.
 */
#include <errno.h>
#include <string.h>

#include "stage0/launch/launch_fetch.h"
#include "stage0/store/store_chain.h"
#include "stage0/store/store_inbox.h"

/* Images that are there or in the inbox, their dependencies not looked at from n_done on. */
struct needed {
	struct fetch fetch;
	char ids[STORE_CHAIN_MAX][STORE_ID_SIZE];
	size_t n, n_done;
};

struct wanted_manifest {
	const char *id;
	struct text *out;
};

static int note(struct needed *needed, const char *id, struct error *err)
{
	for (size_t i = 0; i < needed->n; i++)
		if (strcmp(needed->ids[i], id) == 0)
			return 0;
	if (needed->n == STORE_CHAIN_MAX)
		return error_set(err, E2BIG, "it depends on more than %d images", STORE_CHAIN_MAX);
	(void)snprintf(needed->ids[needed->n++], STORE_ID_SIZE, "%s", id);
	return 0;
}

static int take_manifest(void *context, const struct store_inbox_entry *entry, struct error *err)
{
	const struct wanted_manifest *wanted = context;

	if (entry->problem != NULL || strcmp(entry->id, wanted->id) != 0 || wanted->out->length > 0)
		return 0;
	if (text_append(wanted->out, entry->manifest_text) < 0)
		return error_set(err, ENOMEM, "out of memory");
	return 0;
}

static int read_manifest(const struct needed *needed, const char *id, struct image_manifest *ret,
			 struct error *err)
{
	auto_store_image struct store_image image = STORE_IMAGE_NONE;
	auto_text struct text text = { 0 };
	struct wanted_manifest wanted = { id, &text };
	struct json_source source = { .place = "manifest" };
	struct error missing = { 0 };
	int r = store_find_id(needed->fetch.store, id, &image, &missing);

	if (r == 0)
		r = store_show_manifest(needed->fetch.store, &image, &text, err);
	else
		r = store_inbox_visit(needed->fetch.store, take_manifest, &wanted, err);
	if (r < 0)
		return r;
	source.text = text_string(&text);
	source.length = text.length;
	return image_manifest_parse(needed->fetch.arena, &source, ret, err);
}

static int fetch_dependencies(struct needed *needed, struct error *err)
{
	while (needed->n_done < needed->n) {
		struct image_manifest manifest;
		int r = read_manifest(needed, needed->ids[needed->n_done++], &manifest, err);

		for (size_t i = 0; r == 0 && i < manifest.n_dependencies; i++) {
			auto_store_image struct store_image image = STORE_IMAGE_NONE;

			r = fetch_dependency(&needed->fetch, &manifest.dependencies[i], &image,
					     err);
			if (r == 0)
				r = note(needed, image.id, err);
		}
		if (r < 0)
			return r;
	}
	return 0;
}

int launch_fetch_for_root(const struct launch *launch, const char *reference, const char *signature,
			  struct store_image *ret, struct error *err)
{
	auto_store_image struct store_image image = STORE_IMAGE_NONE;
	struct needed needed = { .fetch = launch_make_fetch(launch) };
	struct image_source source;
	int r = image_source_parse(launch->call->arena, reference, &source, err);

	if (r == 0 && image_source_is_container(&source))
		return error_set(
		    err, EPERM,
		    "%s: images of this kind are put together by root, with the owners "
		    "that their files have",
		    source.text);
	if (r == 0)
		r = fetch_image(&needed.fetch, &source, signature, &image, err);
	if (r == 0)
		r = note(&needed, image.id, err);
	if (r == 0) {
		r = fetch_dependencies(&needed, err);
		if (r < 0)
			r = error_prefix(err, "image %s", reference);
	}
	if (r < 0)
		return r;
	*ret = image;
	image.tree = FD_NONE;
	return 0;
}
