/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pod_stop.h - ending a pod from outside of it.
 *
 * A pid in a file is believed only when the process proves to be the pod's: it
 * is in the pod's cgroup, or its working directory is the pod's.
 */
#pragma once

#include "common/base/error.h"
#include "common/cgroup/cgroup_pod.h"
#include "common/plan/plan.h"

struct pod_stop {
	int pod_fd;
	const struct plan *plan;
	const struct cgroup_pod *cgroup;
};

/*
 * Asks the pod to stop: its supervisor does the rest.  A pod without one gets its
 * app's stop signal here, is waited for as long as its grace period, and then killed.
 */
int pod_stop_politely(const struct pod_stop *stop, struct error *err) MUST_CHECK;

/* Kills every process of the pod. */
int pod_stop_by_force(const struct pod_stop *stop, struct error *err) MUST_CHECK;
