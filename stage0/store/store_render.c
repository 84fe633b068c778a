/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/store/store_render.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "common/base/file.h"
#include "stage0/store/layer_merge.h"
#include "stage0/store/store_place.h"
#include "stage0/store/store_quarantine.h"

#define CHAIN_FILE_MAX ((size_t)STORE_CHAIN_MAX * STORE_ID_SIZE + 1)

struct rendering {
	const struct store *store;
	const struct store_chain *chain;
	struct text ids; /* what the file "chain" has: an id a line, the lowest image first */
	char tree_id[STORE_TREE_ID_SIZE];
};

bool store_needs_rendering(const struct image_manifest *manifest)
{
	return manifest->n_dependencies > 0 || manifest->path_whitelist.n > 0;
}

static uint64_t mix(uint64_t sum, const char *text)
{
	for (; *text != '\0'; text++)
		sum = (sum ^ (unsigned char)*text) * 0x100000001b3U; /* FNV-1a */
	return sum;
}

/*
 * The key only has to be different for different chains as a rule: find() compares the chain
 * itself.  The last id is in it, so that nobody can make another image's chain collide with it
 * but by the same image.
 */
static void choose_tree_id(struct rendering *rendering)
{
	const char *ids = text_string(&rendering->ids);
	const struct store_layer *top = &rendering->chain->items[rendering->chain->n - 1];
	uint64_t sum = mix(0xcbf29ce484222325U, ids);

	(void)snprintf(rendering->tree_id, sizeof(rendering->tree_id),
		       STORE_TREE_PREFIX STORE_ID_PREFIX "%016llx%.48s", (unsigned long long)sum,
		       top->image.id + strlen(STORE_ID_PREFIX));
}

static int describe(struct rendering *rendering, struct error *err)
{
	for (size_t i = 0; i < rendering->chain->n; i++)
		(void)text_printf(&rendering->ids, "%s\n", rendering->chain->items[i].image.id);
	if (text_status(&rendering->ids) < 0)
		return error_set(err, ENOMEM, "out of memory");
	choose_tree_id(rendering);
	return 0;
}

/* Whether the place still leads to the open directory: it may have been removed meanwhile. */
static bool is_in_place(const struct store *store, const char *place, int tree)
{
	struct stat there, open;

	return fstatat(store->cas, place, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	       fstat(tree, &open) == 0 && there.st_ino == open.st_ino &&
	       there.st_dev == open.st_dev;
}

/* 1: *ret_tree is the tree, locked; 0: there is none. */
static int find(const struct rendering *rendering, int *ret_tree, struct error *err)
{
	auto_text struct text ids = { 0 };
	auto_close int tree = FD_NONE;
	char place[STORE_TREE_PLACE_SIZE];
	int r;

	store_tree_place(rendering->tree_id, place);
	tree =
	    openat(rendering->store->cas, place, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (tree < 0)
		return errno == ENOENT ? 0 : error_from_errno(err, "opening %s", place);
	while (flock(tree, LOCK_SH) < 0)
		if (errno != EINTR)
			return error_from_errno(err, "locking %s", place);
	if (!is_in_place(rendering->store, place, tree))
		return 0;
	r = file_read_at(tree, STORE_CHAIN, CHAIN_FILE_MAX, &ids, err);
	if (r < 0)
		return r;
	if (strcmp(text_string(&ids), text_string(&rendering->ids)) != 0)
		return error_set(err, EEXIST, "%s is the tree of other images", place);
	*ret_tree = take_fd(&tree);
	return 1;
}

static int lay(const struct store_layer *layer, int to, struct error *err)
{
	auto_close int root = openat(layer->image.tree, STORE_ROOTFS,
				     O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	int r;

	if (root < 0)
		return error_from_errno(err, "opening the image %s", layer->image.id);
	r = layer_merge(root, layer->filter, to, err);
	return r < 0
		   ? error_prefix(err, "laying the image %s over its dependencies", layer->image.id)
		   : 0;
}

static int fill(const struct rendering *rendering, int tree, struct error *err)
{
	const struct store_chain *chain = rendering->chain;
	auto_close int root = FD_NONE;
	int r = 0;

	if (mkdirat(tree, STORE_ROOTFS, 0755) < 0)
		return error_from_errno(err, "making a tree of the image store");
	root = openat(tree, STORE_ROOTFS, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (root < 0)
		return error_from_errno(err, "opening a tree of the image store");
	for (size_t i = 0; r == 0 && i < chain->n; i++)
		r = lay(&chain->items[i], root, err);
	if (r == 0 && linkat(chain->items[chain->n - 1].image.tree, STORE_MANIFEST, tree,
			     STORE_MANIFEST, 0) < 0)
		r = error_from_errno(err, "putting the manifest into a tree of the image store");
	if (r == 0)
		r = file_replace_at(tree, STORE_CHAIN, text_string(&rendering->ids), 0640, err);
	return r;
}

static int make(const struct rendering *rendering, struct error *err)
{
	struct store_quarantine quarantine = STORE_QUARANTINE_NONE;
	struct error dropping = { 0 };
	int r = store_quarantine_open(rendering->store, &quarantine, err);

	if (r < 0)
		return r;
	r = fill(rendering, quarantine.tree, err);
	if (r == 0 && syncfs(quarantine.dir) < 0)
		r = error_from_errno(err, "writing the tree to disk");
	if (r == 0)
		r = store_quarantine_move(rendering->store, &quarantine, rendering->tree_id, err);
	(void)!store_quarantine_drop(rendering->store, &quarantine, &dropping);
	return r;
}

/* Who comes second waits for the first, and finds what it has made. */
static int find_or_make(const struct rendering *rendering, int *ret_tree, struct error *err)
{
	auto_close int lock = FD_NONE;
	int r = find(rendering, ret_tree, err);

	if (r != 0)
		return r < 0 ? r : 0;
	r = store_lock_work(rendering->store, rendering->tree_id, &lock, err);
	/* A collection may take away at once what nobody holds yet: then once more. */
	for (int attempt = 0; r == 0 && attempt < 3; attempt++) {
		r = find(rendering, ret_tree, err);
		if (r == 0)
			r = make(rendering, err);
		else
			return r < 0 ? r : 0;
	}
	if (r == 0)
		r = find(rendering, ret_tree, err);
	if (r == 0)
		return error_set(err, EAGAIN, "the tree is removed again and again");
	return r < 0 ? r : 0;
}

int store_render(const struct store *store, const struct image_manifest *manifest,
		 const struct store_fetcher *fetcher, struct store_image *image, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	auto_store_chain struct store_chain chain = { .arena = &arena };
	struct rendering rendering = { .store = store, .chain = &chain };
	int r, tree = FD_NONE;

	if (!store_needs_rendering(manifest))
		return 0;
	r = store_chain_resolve(store, image, fetcher, &chain, err);
	if (r == 0)
		r = describe(&rendering, err);
	if (r == 0)
		r = find_or_make(&rendering, &tree, err);
	if (r == 0) {
		for (size_t i = 0; i < chain.n; i++)
			store_mark_used(&chain.items[i].image);
		cleanup_close(&image->tree);
		image->tree = tree;
		(void)snprintf(image->tree_id, sizeof(image->tree_id), "%s", rendering.tree_id);
	}
	text_release(&rendering.ids);
	return r;
}

int store_render_compare(const struct store *store, const struct store_chain *chain,
			 int (*compare)(void *context, int rendered, int anew, struct error *err),
			 void *context, struct error *err)
{
	struct store_quarantine quarantine = STORE_QUARANTINE_NONE;
	struct rendering rendering = { .store = store, .chain = chain };
	struct error dropping = { 0 };
	auto_close int tree = FD_NONE;
	int r = describe(&rendering, err);

	if (r == 0)
		r = find(&rendering, &tree, err);
	if (r == 1) {
		r = store_quarantine_open(store, &quarantine, err);
		if (r == 0) {
			r = fill(&rendering, quarantine.tree, err);
			r = r < 0 ? r : compare(context, tree, quarantine.tree, err);
			(void)!store_quarantine_drop(store, &quarantine, &dropping);
		}
	}
	text_release(&rendering.ids);
	return r;
}
