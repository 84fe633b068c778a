/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch_discover.h - where the images of a name, and its publisher's keys, are to be had.
 *
 * Ownership:  strings belong to fetch->arena.
 * Errors:     -ENOENT "found no ACI meta tags"; those of talking to the server.
 */
#pragma once

#include "stage0/fetch/fetch.h"

struct fetch_endpoint {
	const char *image, *signature; /* URLs */
};

struct fetch_found {
	const struct fetch_endpoint *images;
	size_t n_images;
	const char *const *keys; /* URLs */
	size_t n_keys;
	const char *const *attempts;
	size_t n_attempts;
};

/* labels: of the image, os and arch included; none (n 0): only keys are wanted. */
int fetch_discover(const struct fetch *fetch, const char *name, const struct manifest_pairs *labels,
		   struct fetch_found *ret, struct error *err) MUST_CHECK;
