/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan_json.h - a plan as JSON: what the explain entrypoint prints, what golden tests compare.
 */
#pragma once

#include "common/base/text.h"
#include "common/plan/plan.h"

/* Appends the plan; every member of plan.h appears, in its order. */
int plan_json_write(const struct plan *plan, struct text *out) MUST_CHECK;
