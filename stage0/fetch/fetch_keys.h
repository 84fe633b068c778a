/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch_keys.h - OpenPGP, as far as images need it: what keys a file has, who signed a file.
 *
 * Ownership:  strings belong to fetch->arena, descriptors stay the caller's.
 * Errors:     -EKEYREJECTED and the like with what gpg found; -EBADMSG no key, no signature.
 */
#pragma once

#include "stage0/fetch/fetch.h"

struct fetch_key {
	const char *fingerprint; /* lower-case hex digits, of the primary key */
	const char *const *subkeys;
	size_t n_subkeys;
	const char *const *names; /* user ids */
	size_t n_names;
	const char *armored;
};

struct fetch_keys {
	const struct fetch_key *items;
	size_t n;
};

/* All keys of a file, which is at its beginning. */
int fetch_keys_read(const struct fetch *fetch, int file, struct fetch_keys *ret,
		    struct error *err) MUST_CHECK;

/* A file of keys on a server: https, or with allow_http http. */
int fetch_keys_get(const struct fetch *fetch, const char *url, struct fetch_keys *ret,
		   struct error *err) MUST_CHECK;

/* Whether the signature of the file is of a key that is trusted for the image's name; tells whose.
 */
int fetch_verify(const struct fetch *fetch, const char *name, int file, int signature,
		 struct error *err) MUST_CHECK;
