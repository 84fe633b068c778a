/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stage1_explain.h - asking a stage1 what it would make of a pod.
 *
 * The stage1's explain entrypoint is run from its tree in the store, with the
 * flags of run and the pod manifest on standard input; it prints the plan
 * (plan_json.h).  No pod is made.
 *
 * Errors:     -errno with err: the stage1 cannot be asked.  That it cannot run
 *             the pod is no error but explained.refusal.
 * Ownership:  all of it lies in the call's arena.
 */
#pragma once

#include "common/json/json_value.h"
#include "stage0/launch/launch.h"

struct explained_verdict {
	const char *app; /* NULL: the pod */
	const char *request, *asked, *verdict, *detail;
};

struct explained {
	const char *stage1;     /* its name and version */
	const char *isolator;   /* what it calls itself: "fly" */
	const char *refusal;    /* why it cannot run the pod at all; NULL: it can */
	struct json_value plan; /* without refusal */
	const struct explained_verdict *verdicts;
	size_t n_verdicts;
};

/* Of the stage1 that the launch has chosen. */
int stage1_explain(const struct launch *launch, struct explained *ret,
		   struct error *err) MUST_CHECK;
