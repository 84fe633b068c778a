/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stage1.h - what makes one stage1 differ from another.
 */
#pragma once

#include "common/plan/plan_pod.h"
#include "common/supervisor/pod_run.h"

struct stage1 {
	const char *program; /* "stage1-coreos" */
	const struct plan_traits *traits;
	/*
	 * Isolates the pod and runs it to its end: the exit status, or -errno when it
	 * could not be started.  May be replaced by an app and then never returns.
	 */
	int (*run)(struct pod_run *run, struct error *err);
};
