/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch.h - images from outside into the store: files, servers, names to be discovered.
 *
 * What a pull policy means (new is the default):
 *   never    what the store has
 *   new      what the store has, else what is outside
 *   update   what is outside; what the store has of it when the server or its Cache-Control says
 *            that it is the same
 * A file is always used as it is.
 *
 * Unless insecure options say otherwise an image from outside counts only with a signature of a
 * key that is trusted for its name; it is verified before anything is unpacked.
 *
 * Source:     rkt/rkt, Documentation/image-fetching-behavior.md.
 * Errors:     -errno, err filled; nothing of a failed fetch is to be found in the store.
 * Processes:  any number at a time; of those who want the same URL one works, the others wait.
 */
#pragma once

#include <stdbool.h>

#include "common/base/arena.h"
#include "stage0/config/config.h"
#include "stage0/store/image_source.h"
#include "stage0/store/store.h"

enum fetch_pull { FETCH_NEW, FETCH_NEVER, FETCH_UPDATE };

struct fetch {
	struct arena *arena; /* for whatever is needed on the way */
	const struct store *store;
	const struct config_places *places; /* of trusted keys and credentials */
	const char *helper;                 /* path of rkt-fetch; NULL: beside this executable */
	const char *agent;                  /* "rkt/1.30.0" */
	enum fetch_pull pull;
	/* What --insecure-options switches off. */
	bool any_image, any_certificate, allow_http, any_key;
	bool trust_keys_from_https; /* keys that a name's own site offers are taken unseen */
	/* The caller is no root but a member of the store's group: what is fetched goes into the
	 * inbox (store_inbox.h), and images that are returned have no tree. */
	bool to_inbox;
	bool quiet;
	/* Tells the user; detail: only of interest with --debug.  May be NULL. */
	void (*tell)(void *context, bool detail, const char *text);
	void *context;
};

/*
 * An image by what a user wrote, any but those image_source_is_container() is true for.
 * signature: a file; NULL: beside the image.
 */
int fetch_image(const struct fetch *fetch, const struct image_source *source, const char *signature,
		struct store_image *ret, struct error *err) MUST_CHECK;

/* An image by name, never a file or an URL: what another image depends on. */
int fetch_dependency(const struct fetch *fetch, const struct image_dependency *dependency,
		     struct store_image *ret, struct error *err) MUST_CHECK;
