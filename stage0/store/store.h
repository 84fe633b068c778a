/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store.h - the image store: every image once, found by id or by name.
 *
 * On disk, below DIR/cas:
 *   tree/deps-ID/{rootfs/,manifest,record,sums}   an image, extracted; never changed once it is
 *                                           there, which sums can prove: store_verify.h
 *   tree/deps-ID/disk.erofs                 the same as a disk, if a pod needed it: store_disk.h
 *   tree/deps-KEY/{rootfs/,manifest,chain}   an image laid over those it depends on, store_render.h
 *   image/XX/ID                              a hard link to the tree's record: "ID is in the store"
 *   image/XX/ID.manifest                    a hard link to the tree's manifest
 *   names/NAME                               the ids of all images of a name, newest first
 *   sources                                  which file had which id, see store_import.h
 *   remote/KEY.…                             which URL had which image, see store_remote.h
 *   inbox/…                                  what others than root have fetched, see store_inbox.h
 *   tmp/…                                    imports under way, each locked by its process
 *   lock                                     held while image/ or names/ change
 *   lock-XX                                  held while work is done that others may be about to do
 * An image is in the store once image/XX/ID exists.  Its tree may outlive it:
 * a pod keeps the tree it runs on.  names/ can be rebuilt from the records, and
 * is when a name is not found; so nothing is lost when a process dies between
 * two steps.
 *
 * The tar itself is not kept: it would double the disk.  An export builds the archive
 * anew from tree and manifest (store_export.h), which gives the same bytes for archives
 * in the order and format our builder uses.
 *
 * Ids:        "sha512-" and the first 64 hex digits of the SHA-512 of the
 *             uncompressed archive, as rkt writes them.
 * Ownership:  a struct store_image owns its tree fd; store_image_release().
 * Errors:     -ENOENT nothing matches, -ENOTUNIQ an ambiguous prefix, -EINVAL
 *             not a reference, else -errno; err names the reference.
 * Processes:  any number at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/cleanup.h"
#include "common/base/error.h"
#include "common/base/text.h"
#include "common/manifest/image_manifest.h"

#define STORE_ID_PREFIX    "sha512-"
#define STORE_ID_DIGITS    64
#define STORE_ID_SIZE      (sizeof(STORE_ID_PREFIX) + STORE_ID_DIGITS)
#define STORE_TREE_PREFIX  "deps-"
#define STORE_TREE_ID_SIZE (sizeof(STORE_TREE_PREFIX) - 1 + STORE_ID_SIZE)

struct store {
	int cas; /* DIR/cas */
};

#define STORE_NONE                                                                                 \
	{                                                                                          \
		.cas = FD_NONE                                                                     \
	}

struct store_image {
	char id[STORE_ID_SIZE];
	char tree_id[STORE_TREE_ID_SIZE]; /* what goes into a pod's treeStoreID files */
	int tree; /* the directory tree/tree_id, open; holds a shared lock: not removed meanwhile.
		     FD_NONE for who may not open it, a member of the data directory's group */
};

#define STORE_IMAGE_NONE                                                                           \
	{                                                                                          \
		.tree = FD_NONE                                                                    \
	}

#define auto_store       CLEANUP(store_close)
#define auto_store_image CLEANUP(store_image_release)

/* Opens DIR/cas of the data directory fd; makes it when it is not there. */
int store_open(int data_dir, struct store *ret, struct error *err) MUST_CHECK;
void store_close(struct store *store);

/*
 * Finds an image by what a user may write: an id, an unambiguous prefix of one
 * ("sha512-0a1b…"), or a name with a version and labels
 * ("example.com/app:v1,channel=beta").  Of several with that name the latest
 * import wins; an image for another os or architecture counts only when asked
 * for by label.  Opens its tree and locks it against removal.
 */
int store_find(const struct store *store, const char *text, struct store_image *ret,
	       struct error *err) MUST_CHECK;

/* The same for a whole id that is known: -ENOENT, also when only its tree is left. */
int store_find_id(const struct store *store, const char *id, struct store_image *ret,
		  struct error *err) MUST_CHECK;

void store_image_release(struct store_image *image);

/* Appends the image manifest as it was in the archive. */
int store_read_manifest(const struct store_image *image, struct text *out,
			struct error *err) MUST_CHECK;

/* The same, also for who may not open its tree. */
int store_show_manifest(const struct store *store, const struct store_image *image,
			struct text *out, struct error *err) MUST_CHECK;

/* Notes that the image was used now: "last used" of image list.  Best effort. */
void store_mark_used(const struct store_image *image);

/* True for "deps-sha512-…": what a pod's treeStoreID may say, safe as a path. */
bool store_tree_id_is_valid(const char *tree_id);

/* Opens a tree that a pod uses, by the id in its treeStoreID; the image may be gone. */
int store_open_tree(const struct store *store, const char *tree_id, int *ret_tree,
		    struct error *err) MUST_CHECK;
