/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app_join.h - one more process in a running app: what enter does.
 *
 * The app's main process is found by what cannot be forged from inside: it is
 * in the app's cgroup, and it is the pod's process itself (no supervisor) or the
 * supervisor's child that has been there longest; no pid file is believed.
 * Its namespaces are joined, and the new process goes the same way into its
 * program as the main one did: sandbox_exec().
 */
#pragma once

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/cgroup/cgroup_pod.h"
#include "common/plan/plan.h"

struct app_join {
	struct arena *arena;
	const struct plan *plan;
	const struct plan_app *app;
	const struct cgroup_pod *cgroup; /* pod_cgroups_find() */
	pid_t pid;                       /* as enter was told: PID 1, the reaper or the app */
	const char *const *argv;
	const char *metadata_host; /* metadata_url.h; NULL: there is none */
	const char *terminal_type; /* "TERM=…" of the caller; NULL: none */
};

/* Runs the process to its end: its exit status. */
int app_join_run(const struct app_join *join, struct error *err) MUST_CHECK;
