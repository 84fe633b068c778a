/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine.h - what pods can have in our virtual machines: the same for host and guest.
 *
 * Both sides plan the pod, from the same manifests, arguments and these facts, and must
 * come to the same plan.  The facts are those of our own kernel, whatever the host's is.
 */
#pragma once

#include "common/base/text.h"
#include "common/supervisor/stage1.h"

extern const struct plan_traits machine_traits;

/* A stage1's facts(). */
int machine_facts(const struct cgroup_host *cgroups, const struct pod_manifest *pod,
		  struct plan_host *ret, struct error *err) MUST_CHECK;

/* The plan as text, for the two sides to compare. */
int machine_write_plan(const struct plan *plan, struct text *out, struct error *err) MUST_CHECK;
