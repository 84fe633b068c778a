/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine.h - what pods can have in our virtual machines, by which the host plans them.
 *
 * The facts are those of our own kernel, whatever the host's is.
 */
#pragma once

#include "common/supervisor/stage1.h"

extern const struct plan_traits machine_traits;

/* A stage1's facts(). */
int machine_facts(const struct cgroup_host *cgroups, const struct pod_manifest *pod,
		  struct plan_host *ret, struct error *err) MUST_CHECK;
