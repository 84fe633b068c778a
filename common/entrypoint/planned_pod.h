/* SPDX-License-Identifier: Apache-2.0 */
/*
 * planned_pod.h - from the pod directory and run's arguments to the plan.
 *
 * run keeps its arguments in the pod directory (`run-arguments`), so that enter
 * and stop, which are told nothing of them, come to the same plan.
 *
 * Ownership:  everything belongs to the call's arena.
 */
#pragma once

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/cgroup/cgroup_host.h"
#include "common/entrypoint/entrypoint.h"
#include "common/entrypoint/run_options.h"
#include "common/plan/plan.h"
#include "common/pod/pod_directory.h"

struct planned_pod {
	struct run_options options;
	struct pod pod;
	struct plan plan;
	struct cgroup_host cgroups;
};

/* Plans the pod of pod_fd as the call's arguments, those of run, ask for. */
int planned_pod_load(const struct entrypoint_call *call, int pod_fd, struct planned_pod *ret,
		     struct error *err) MUST_CHECK;

/* The same with the arguments that planned_pod_keep_arguments() left instead of the call's. */
int planned_pod_reload(const struct entrypoint_call *call, int pod_fd, struct planned_pod *ret,
		       struct error *err) MUST_CHECK;

/* What the machine that the pod's apps will run on offers, as the isolator knows it. */
int planned_pod_facts(const struct stage1 *stage1, const struct cgroup_host *cgroups,
		      const struct pod_manifest *pod, struct plan_host *ret,
		      struct error *err) MUST_CHECK;

/* Puts before the plan's verdicts what the isolator says of where the pod will be (describe()). */
int planned_pod_describe(const struct entrypoint_call *call, struct plan *plan,
			 struct error *err) MUST_CHECK;

/* Whether this pod was run before: its arguments are there. */
bool planned_pod_has_run(int pod_fd);

int planned_pod_keep_arguments(int pod_fd, int n, char *const args[], struct error *err) MUST_CHECK;
