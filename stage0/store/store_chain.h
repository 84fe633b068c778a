/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_chain.h - an image with all it depends on, in the order they are laid upon each other.
 *
 * Depth first: before an image stand its dependencies in the order its manifest
 * lists them, before each of those its own.  So the first of the chain lies at the bottom,
 * and the image itself comes last.
 *
 * A dependency is the image of its imageID, which must have the name and the labels
 * that the manifest says; without an imageID it is the newest of that name with these labels.
 *
 * Source:     App Container spec, aci.md ("Dependency Matching") and types.md;
 *             "pathWhitelist" in aci.md.
 * Ownership:  a struct store_chain owns its images' descriptors, which lock them against removal;
 *             store_chain_release().  The rest belongs to the arena.
 * Errors:     -ELOOP images that depend on each other, err naming the ring; -E2BIG more
 *             than STORE_CHAIN_MAX; -ENOENT, -EINVAL a dependency that is missing or
 *             another than expected, err naming the image that wants it.
 */
#pragma once

#include "stage0/store/store.h"

#define STORE_CHAIN_MAX 64

/* The paths that a pathWhitelist lets through, and those of all images further up. */
struct store_filter {
	const char *const *paths; /* plain (no slash at either end), sorted, all parents included */
	size_t n;
	const struct store_filter *next; /* NULL: none */
};

struct store_layer {
	struct store_image image;
	const struct store_filter *filter; /* NULL: every path */
};

struct store_chain {
	struct arena *arena; /* the caller's, set before the chain is resolved */
	struct store_layer *items;
	size_t n;
};

#define auto_store_chain CLEANUP(store_chain_release)

/* Gets a dependency that the store may lack; NULL: only the store is asked. */
struct store_fetcher {
	int (*fetch)(void *context, const struct image_dependency *dependency,
		     struct store_image *ret, struct error *err);
	void *context;
	bool first; /* of a name without an id: it goes before the store */
};

/* The chain of an image, whose own tree is opened once more; ret: zeroed but for the arena. */
int store_chain_resolve(const struct store *store, const struct store_image *image,
			const struct store_fetcher *fetcher, struct store_chain *ret,
			struct error *err) MUST_CHECK;

void store_chain_release(struct store_chain *chain);

/* Whether the path (plain, relative to the root) passes the filter and all next ones. */
bool store_filter_passes(const struct store_filter *filter, const char *path);

/* A filter of a pathWhitelist in front of next; NULL: out of memory. */
const struct store_filter *store_filter_make(struct arena *arena,
					     const struct manifest_strings *whitelist,
					     const struct store_filter *next) MUST_CHECK;

/* "name:version,label=value" of a dependency, for messages and look-ups; NULL: out of memory. */
const char *store_dependency_text(struct arena *arena,
				  const struct image_dependency *dependency) MUST_CHECK;
