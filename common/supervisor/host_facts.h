/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host_facts.h - what this machine and this process can give, for the plan.
 *
 * Reads only.  The one place where the outcome of a plan meets the machine.
 */
#pragma once

#include "common/base/error.h"
#include "common/cgroup/cgroup_host.h"
#include "common/plan/plan_pod.h"

/* pod: what is asked for; facts that nothing in it depends on are left out. */
int host_facts_collect(const struct cgroup_host *cgroups, const struct pod_manifest *pod,
		       struct plan_host *ret, struct error *err) MUST_CHECK;
