/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_place.h - names of things below DIR/cas, for the files of this folder only.
 */
#pragma once

#include "stage0/store/store.h"

#define STORE_TREES               "tree"
#define STORE_IMAGES              "image"
#define STORE_NAMES               "names"
#define STORE_TEMPORARY           "tmp"
#define STORE_SOURCES             "sources"
#define STORE_REMOTE              "remote"
#define STORE_INBOX               "inbox"
#define STORE_LOCK                "lock"

/* Inside a tree's directory. */
#define STORE_ROOTFS              "rootfs"
#define STORE_MANIFEST            "manifest"
#define STORE_RECORD              "record" /* of an image's own tree */
#define STORE_CHAIN               "chain"  /* of a tree that several images were laid into */
#define STORE_SUMS                "sums"   /* of an image's own tree: tree_sums.h */

/* "tree/deps-sha512-…" and "image/0a/sha512-0a…" */
#define STORE_TREE_PLACE_SIZE     (sizeof(STORE_TREES "/") - 1 + STORE_TREE_ID_SIZE)
#define STORE_IMAGE_PLACE_SIZE    (sizeof(STORE_IMAGES "/00/") - 1 + STORE_ID_SIZE)

/* Beside "image/0a/sha512-0a…": the image's manifest, for those who may not open its tree. */
#define STORE_SHOWN_MANIFEST      ".manifest"
#define STORE_SHOWN_MANIFEST_SIZE (STORE_IMAGE_PLACE_SIZE + sizeof(STORE_SHOWN_MANIFEST))

void store_shown_manifest_place(const char *id, char ret[static STORE_SHOWN_MANIFEST_SIZE]);

void store_tree_place(const char *tree_id, char ret[static STORE_TREE_PLACE_SIZE]);
void store_image_place(const char *id, char ret[static STORE_IMAGE_PLACE_SIZE]);

/* True for a whole id: "sha512-" and STORE_ID_DIGITS lower-case hex digits. */
bool store_id_is_whole(const char *id);

/* Takes the store's lock, shared (LOCK_SH) or exclusive (LOCK_EX); closing *ret_fd lets go. */
int store_lock(const struct store *store, int operation, int *ret_fd, struct error *err) MUST_CHECK;

/*
 * Takes one of a few locks that stand for whatever key is worked on: who does the same
 * work at the same time waits, then finds it done.  A process holds one at a time.
 */
int store_lock_work(const struct store *store, const char *key, int *ret_fd,
		    struct error *err) MUST_CHECK;

/* The image's place is there: it may be found. */
bool store_has_image(const struct store *store, const char *id);
