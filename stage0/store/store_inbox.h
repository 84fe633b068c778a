/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_inbox.h - cas/inbox: images that members of the store's group have fetched.
 *
 * The one place of the store that others than root write to (root:GROUP, 3770: who is in the group
 * may add files, and take back his own).  An entry is one file, which gets its name when it is
 * whole:
 *
 *   ID.RANDOM    image file, signature, manifest, origin, and a footer that says how long they are
 *
 * All of it is what its owner claims, who may change it at any time, while it is read as well.  So
 * root shows entries as pending, and uses what it has copied and verified (stage0/fetch).
 *
 * Units:      bytes, nanoseconds since the epoch.
 * Errors:     -errno, err filled; -ENOENT no inbox, or no such entry; -EACCES who asks is no
 * member; -EINVAL not an entry. Processes:  any number at a time.
 */
#pragma once

#include <sys/types.h>

#include "stage0/store/store_reference.h"

#define STORE_INBOX_ENTRIES_MAX   4096 /* looked at; more are for store_inbox_collect() */
#define STORE_INBOX_SIGNATURE_MAX ((uint64_t)64 << 10)
#define STORE_INBOX_IMAGE_MAX     ((uint64_t)64 << 30)
#define STORE_INBOX_NAME_SIZE     (STORE_ID_SIZE + 1 + 16)

/* Makes it, or mends its mode, in a store whose directory belongs to a group other than root's. */
int store_inbox_make(const struct store *store, struct error *err) MUST_CHECK;

/* A file in it without a name, for the image of an entry; closing it removes it. */
int store_inbox_file(const struct store *store, int *ret_file, struct error *err) MUST_CHECK;

struct store_inbox_content {
	const char *id;
	int signature; /* FD_NONE: none */
	const char *manifest;
	size_t manifest_length;
	const char *origin; /* where the image is from, for people */
};

/* Makes that file, which holds the image, an entry; on disk when it returns. */
int store_inbox_add(const struct store *store, int file, const struct store_inbox_content *content,
		    struct error *err) MUST_CHECK;

struct store_inbox_entry {
	char name[STORE_INBOX_NAME_SIZE];
	uid_t owner;
	uint64_t added_ns; /* cannot be set by the owner, but be made later */
	/* Claims from here on. */
	char id[STORE_ID_SIZE];
	uint64_t image_bytes, signature_bytes, manifest_bytes, origin_bytes;
	const char *manifest_text, *origin;
	struct image_manifest manifest;
	const char *problem; /* NULL: none; else nothing of the claims but id counts */
};

/* A negative result ends the visit and is returned; strings live as long as the call. */
typedef int store_inbox_visitor(void *context, const struct store_inbox_entry *entry,
				struct error *err);

/* All that have the name of an entry; without an inbox, or for who may not look, there are none. */
int store_inbox_visit(const struct store *store, store_inbox_visitor *visitor, void *context,
		      struct error *err) MUST_CHECK;

/* Whether its claims are those of the image that is meant. */
bool store_inbox_matches(const struct store_inbox_entry *entry,
			 const struct store_reference *reference);

/* Copies of an entry's image and signature (FD_NONE: it has none), which nobody else can change. */
int store_inbox_copy(const struct store *store, const char *name, int *ret_image,
		     int *ret_signature, struct error *err) MUST_CHECK;

/* Takes an entry away that is in the store now.  Best effort. */
void store_inbox_remove(const struct store *store, const char *name);

/* Removes whatever was put there before that time. */
int store_inbox_collect(const struct store *store, uint64_t since_ns, struct error *err) MUST_CHECK;
