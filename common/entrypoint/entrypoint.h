/* SPDX-License-Identifier: Apache-2.0 */
/*
 * entrypoint.h - the stage1 command line every isolator shares.
 *
 * One executable, entered through links: the last part of argv[0] says which
 * entrypoint is meant (run, enter, gc, stop, explain, logs, stats, export, doctor,
 * gc-networks).  Called by its own name it takes the entrypoint as first argument, for people who
 * look around.
 *
 * Working directory:  the pod directory, as stage0 guarantees.
 * Exit status:        the entrypoint's own; 254 when it could not do its work,
 *                     with one line on stderr that says why.
 */
#pragma once

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/supervisor/stage1.h"

/* main() of an isolator. */
int entrypoint_main(const struct stage1 *stage1, int argc, char *argv[]);

/* What an entrypoint works with.  args are what follows its name. */
struct entrypoint_call {
	const struct stage1 *stage1;
	struct arena *arena;
	const char *name; /* "enter" */
	int n;
	char *const *args;
};

/* Each returns the exit status, or -errno with err filled. */
int entrypoint_run(const struct entrypoint_call *call, struct error *err) MUST_CHECK;
int entrypoint_enter(const struct entrypoint_call *call, struct error *err) MUST_CHECK;
int entrypoint_stop(const struct entrypoint_call *call, struct error *err) MUST_CHECK;
int entrypoint_gc(const struct entrypoint_call *call, struct error *err) MUST_CHECK;
int entrypoint_explain(const struct entrypoint_call *call, struct error *err) MUST_CHECK;
int entrypoint_logs(const struct entrypoint_call *call, struct error *err) MUST_CHECK;
int entrypoint_stats(const struct entrypoint_call *call, struct error *err) MUST_CHECK;
int entrypoint_export(const struct entrypoint_call *call, struct error *err) MUST_CHECK;
int entrypoint_doctor(const struct entrypoint_call *call, struct error *err) MUST_CHECK;
int entrypoint_gc_networks(const struct entrypoint_call *call, struct error *err) MUST_CHECK;

/* What stats prints, also in a guest for its host. */
int entrypoint_print_stats(const struct pod_counts_request *request, const struct stage1 *stage1,
			   struct error *err) MUST_CHECK;
