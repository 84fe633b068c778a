/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan_json.h - a plan as JSON: what the explain entrypoint prints, what golden tests compare.
 */
#pragma once

#include "common/base/text.h"
#include "common/plan/plan.h"

/* Appends the plan, compact or a line for each value: the members of plan.h, in its order, limits
 * and other has_ members only where they count. */
int plan_json_write(const struct plan *plan, bool pretty, struct text *out) MUST_CHECK;
