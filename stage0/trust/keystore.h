/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keystore.h - whose signatures count, and for which images.
 *
 *   PLACE/trustedkeys/root.d/FINGERPRINT             for every image
 *   PLACE/trustedkeys/prefix.d/PREFIX/FINGERPRINT    for images whose name is PREFIX or below it
 *
 * PLACE is the vendor's (/usr/lib/rkt), then the machine's (/etc/rkt).  FINGERPRINT is that of a
 * primary key, in lower-case hex digits; the file has that key, and others in it do not count.
 * An empty file takes back what was trusted before it in this order: vendor's root.d,
 * machine's root.d, vendor's prefix.d, machine's prefix.d, shorter prefixes first.
 *
 * Source:     rkt/rkt, Documentation/signing-and-verification-guide.md, "Establishing Trust".
 * Ownership:  a struct keyring owns its fd; strings belong to the arena.
 * Errors:     -errno with err naming the file; a missing folder has no keys.
 */
#pragma once

#include <stdbool.h>

#include "common/base/arena.h"
#include "common/base/cleanup.h"
#include "stage0/config/config.h"

#define KEYRING_KEYS_MAX ((size_t)1024)

struct keyring {
	int keys;                        /* the keys' files, one after the other */
	const char *const *fingerprints; /* NULL-terminated */
	size_t n;
};

#define KEYRING_NONE                                                                               \
	{                                                                                          \
		.keys = FD_NONE                                                                    \
	}
#define auto_keyring CLEANUP(keyring_release)

/* The keys that may sign an image of that name. */
int keystore_load(struct arena *arena, const struct config_places *places, const char *name,
		  struct keyring *ret, struct error *err) MUST_CHECK;
void keyring_release(struct keyring *keyring);

/* Whether a key is trusted for a prefix ("": root) by itself, in either place. */
bool keystore_has(const struct config_places *places, const char *prefix, const char *fingerprint);

struct keystore_key {
	const char *prefix; /* "": for every image */
	const char *fingerprint;
	const char *armored;
};

/* Trusts a key from now on, in the machine's place; *ret_path is the file. */
int keystore_add(struct arena *arena, const struct config_places *places,
		 const struct keystore_key *key, const char **ret_path,
		 struct error *err) MUST_CHECK;
