/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stage1.h - what makes one stage1 differ from another.
 */
#pragma once

#include "common/cgroup/cgroup_host.h"
#include "common/doctor/doctor.h"
#include "common/plan/plan_pod.h"
#include "common/supervisor/app_join.h"
#include "common/supervisor/pod_counts.h"
#include "common/supervisor/pod_run.h"

struct stage1 {
	const char *program; /* "stage1-coreos" */
	const struct plan_traits *traits;
	/*
	 * Isolates the pod and runs it to its end: the exit status, or -errno when it
	 * could not be started.  May be replaced by an app and then never returns.
	 */
	int (*run)(struct pod_run *run, struct error *err);
	/* What the machine of the apps offers, when that is not this one; NULL: host_facts.h. */
	int (*facts)(const struct cgroup_host *cgroups, const struct pod_manifest *pod,
		     struct plan_host *ret, struct error *err);
	/* One more process in a running app, from outside of its kernel; NULL: app_join_run(). */
	int (*join)(const struct app_join *join, struct error *err);
	/* What the apps of a running pod use; NULL: what their cgroups count, pod_counts_read(). */
	int (*count)(const struct pod_counts_request *request, struct pod_usage *ret,
		     struct error *err);
	/*
	 * For export: what an app of an ended pod has made of its image, to standard output, as the
	 * tar archive of an image (exit status, or -errno); NULL: who has the pod directory can
	 * read it.
	 */
	int (*archive)(struct pod_run *run, const char *app, struct error *err);
	/* For doctor: what this machine offers it beside its kernel; NULL: namespaces. */
	void (*examine)(struct doctor *doctor);
	/* For explain, and for what strict pods refuse: what the pod will be in, beside what it
	 * asks for; NULL: nothing to say. */
	int (*describe)(struct arena *arena, const struct plan *plan, struct plan_verdict *ret,
			struct error *err);
};
