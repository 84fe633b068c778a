/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan_json.h - a plan as JSON: what the explain entrypoint prints, what golden tests compare.
 */
#pragma once

#include <stdbool.h>

#include "common/base/text.h"
#include "common/plan/plan.h"

/*
 * Appends the plan, compact or a line for each value: the members of plan.h in
 * its order.  Left out: has_ members that do not count, the calls of a
 * filter that is a known set, the ids of a pod that maps none.  0, or -errno
 * of json_writer_finish().
 */
int plan_json_write(const struct plan *plan, bool pretty, struct text *out) MUST_CHECK;
