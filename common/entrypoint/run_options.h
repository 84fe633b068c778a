/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_options.h - the command line of the run and explain entrypoints.
 *
 * Source:     rkt/rkt, Documentation/devel/stage1-implementors-guide.md, interface version 6.
 * Ownership:  values point into argv, lists lie in the arena.
 * Errors:     -EINVAL with err naming the option and its value.
 */
#pragma once

#include "common/base/arena.h"
#include "common/option/option.h"
#include "common/plan/plan_pod.h"

struct run_options {
	struct plan_options plan;
	const char *local_config; /* NULL: none given (run-prepared) */
	bool debug;
};

/* args[0 … n-1] are what follows the entrypoint's name: options and the pod's UUID. */
int run_options_parse(struct arena *arena, int n, char *const args[], struct run_options *ret,
		      struct error *err) MUST_CHECK;

/* The table, for help and documentation; its target is private to the parser. */
struct option_set run_options_table(void);
