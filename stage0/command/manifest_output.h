/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manifest_output.h - a manifest as the cat-manifest commands print it.
 */
#pragma once

#include "common/base/arena.h"
#include "common/base/text.h"

/*
 * Prints JSON text: indented, or as it is.  pretty: the option --pretty-print, NULL
 * means yes.  -EINVAL: not JSON, or pretty is no bool.
 */
int manifest_print(struct arena *arena, const struct text *json, const char *pretty,
		   struct error *err) MUST_CHECK;
