/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_reader.h - JSON text from outside into struct json_value, strictly.
 *
 * Refused:    more than max_bytes, more than JSON_MAX_DEPTH levels, invalid
 *             UTF-8, NUL (raw or escaped), a member name twice, an integer
 *             beyond 64 bits, anything after the document.
 * Errors:     -EINVAL (content), -EFBIG, -ENOMEM.  Messages name the place and
 *             the position: "manifest of ./a.aci: line 3, column 7: …".  When the
 *             parser itself runs out of memory, it may take that for a mistake in
 *             the text (-EINVAL); it never accepts half a document.
 */
#pragma once

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/json/json_value.h"

struct json_source {
	const char *text;
	size_t length;     /* bytes; the text needs no NUL */
	size_t max_bytes;  /* refuse longer ones; 0: JSON_DEFAULT_MAX_BYTES */
	const char *place; /* how messages call it: "pod manifest", "/etc/rkt/paths.d/a.json" */
};

#define JSON_DEFAULT_MAX_BYTES ((size_t)1 << 20)

/* Any JSON value may be at the top; what it must be is the decoder's question. */
int json_read(struct arena *arena, const struct json_source *source, struct json_value *ret,
	      struct error *err) MUST_CHECK;
