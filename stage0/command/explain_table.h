/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain_table.h - the answers of several stage1s side by side.
 */
#pragma once

#include "stage0/launch/stage1_explain.h"

/*
 * A table of app, request and one column for each stage1, then a line for
 * every verdict that is not a plain "enforced".  Text of the pod is printed
 * without control characters.  -ENOMEM.
 */
int explain_write_table(struct arena *arena, const struct explained *levels, size_t n,
			struct text *out) MUST_CHECK;

/* { "levels": [ { "stage1", "isolator", "refusal", "plan" } … ] } */
int explain_write_json(const struct explained *levels, size_t n, bool pretty,
		       struct text *out) MUST_CHECK;
