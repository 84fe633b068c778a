/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch_parts.h - the steps of fetch.h; for this folder only.
 */
#pragma once

#include "stage0/fetch/fetch.h"
#include "stage0/store/store_reference.h"

#define FETCH_SIGNATURE_EXTENSION ".asc"

/* What an image must turn out to be; NULL: whatever it is. */
struct fetch_expected {
	const char *name;
	const struct manifest_pairs *labels; /* those asked for */
};

/* Where an image and its signature are. */
struct fetch_place {
	const char *url;
	const char *signature_url;  /* NULL: beside the image */
	const char *signature_file; /* NULL: from the URL */
	const struct fetch_expected *expected;
	bool refresh; /* as with the policy update, whatever the policy is */
};

/* Tells the user a formatted text. */
int fetch_tell(const struct fetch *fetch, bool detail, const char *fmt, ...) PRINTF_LIKE(3, 4);

int fetch_file(const struct fetch *fetch, const char *path, const char *signature,
	       struct store_image *ret, struct error *err) MUST_CHECK;
int fetch_url(const struct fetch *fetch, const struct fetch_place *place, struct store_image *ret,
	      struct error *err) MUST_CHECK;

/* An image by its name. */
struct fetch_wanted {
	const struct store_reference *reference; /* a name with its labels */
	const char *text;                        /* how messages call it */
	const char *signature;                   /* a file; NULL: from where the image is */
};

/*
 * An image of the inbox: for a member one that is pending, for root one that is verified, by root's
 * keys, and taken in.  -ENOENT: none that is meant, or none that was good; of these it is told.
 */
int fetch_inbox(const struct fetch *fetch, const struct store_reference *reference,
		struct store_image *ret, struct error *err) MUST_CHECK;

int fetch_name(const struct fetch *fetch, const struct fetch_wanted *wanted,
	       struct store_image *ret, struct error *err) MUST_CHECK;

/* "x.aci" to "x.aci.asc", "x" as well; NULL: out of memory. */
const char *fetch_signature_place(struct arena *arena, const char *image) MUST_CHECK;

/* The same of an URL's path; its query stays. */
const char *fetch_signature_url(struct arena *arena, const char *url) MUST_CHECK;

/* Whether a manifest is that of the image that was asked for; -EINVAL with err saying what is not.
 */
int fetch_check_expected(const struct fetch_expected *expected,
			 const struct image_manifest *manifest, struct error *err) MUST_CHECK;

/*
 * An image file that nobody can change: checks that it is the expected one, verifies the signature
 * (FD_NONE: not asked for), imports it.  title: how messages call it.  For a member the file is one
 * of store_inbox_file(), and becomes an entry.
 */
struct fetch_arrived {
	const char *title;
	int file;
	int signature;
	const char *expected_id; /* NULL: whatever it is */
	const struct fetch_expected *expected;
};

int fetch_take_in(const struct fetch *fetch, const struct fetch_arrived *arrived,
		  struct store_image *ret, struct error *err) MUST_CHECK;
