/* SPDX-License-Identifier: Apache-2.0 */
/*
 * endpoints.h - where an image, its signature and its publisher's keys are, by a page's meta tags.
 *
 *   <meta name="ac-discovery" content="example.com https://example.com/{name}-{version}.{ext}">
 *   <meta name="ac-discovery-pubkeys" content="example.com https://example.com/pubkeys.gpg">
 *
 * A tag counts when the name being looked for begins with the tag's prefix.  Of the templates
 * those count that the labels fill completely, and of these those that use the most labels.
 * A template that asks for a version when none is wanted gets "latest", unless others do without.
 *
 * Values:     a label's value is percent-encoded for what a path cannot hold.
 * Limits:     ENDPOINTS_MAX of each kind; an URL longer than META_VALUE_MAX is skipped.
 * Source:     App Container spec, discovery.md.
 * Ownership:  strings belong to the arena.
 */
#pragma once

#include "common/manifest/image_manifest.h"
#include "stage0/fetch_helper/meta_tags.h"

#define ENDPOINTS_MAX ((size_t)16)

struct endpoint {
	const char *image, *signature; /* URLs */
};

struct endpoints {
	struct endpoint images[ENDPOINTS_MAX];
	size_t n_images;
	const char *keys[ENDPOINTS_MAX]; /* URLs */
	size_t n_keys;
};

/* labels: those asked for, os and arch included.  Errors: -ENOMEM. */
int endpoints_find(struct arena *arena, const struct meta_tags *tags, const char *name,
		   const struct manifest_pairs *labels, struct endpoints *ret) MUST_CHECK;
