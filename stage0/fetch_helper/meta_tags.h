/* SPDX-License-Identifier: Apache-2.0 */
/*
 * meta_tags.h - the meta tags in the head of an HTML page that nobody vouches for.
 *
 * The page is scanned, not understood: tags with a name and a content, outside of comments
 * and of the text of title, style and script, up to the end of the head or the beginning of
 * the body: what users of a site may write into its pages stands further down.
 *
 * Limits:     META_TAGS_MAX tags, META_VALUE_MAX bytes of a value; what is beyond is skipped.
 * Values:     with character references resolved; printable ASCII only, others are skipped.
 * Ownership:  strings belong to the arena.
 * Errors:     -ENOMEM only: every sequence of bytes is some page.
 */
#pragma once

#include <stddef.h>

#include "common/base/arena.h"

#define META_TAGS_MAX  ((size_t)256)
#define META_VALUE_MAX ((size_t)4096)

struct meta_tag {
	const char *name;
	const char *content;
};

struct meta_tags {
	struct meta_tag *items;
	size_t n;
};

int meta_tags_scan(struct arena *arena, const char *html, size_t length,
		   struct meta_tags *ret) MUST_CHECK;
