/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroups.h - the cgroups of the machine's one pod, made before anybody knows of it.
 *
 * Names:      nobody sees any (apps have cgroup namespaces, the host counts by app), so they are
 *             the same in every machine: of the pod whose uuid is all zeros, apps by number.  What
 *             is there when a guest is saved, the pod need not make, a twentieth of a start.
 */
#pragma once

#include "common/supervisor/stage1.h"

/* In the guest's init, before it is saved.  The tree has room for the pod and its first app. */
int cgroups_prepare(struct error *err) MUST_CHECK;

/* The hierarchies; they are known since then. */
const struct cgroup_host *cgroups_host(void);

/* Gives the plan those names. */
int cgroups_name(struct arena *arena, struct plan *plan, struct error *err) MUST_CHECK;

/* Those of the pod, which runs. */
int cgroups_open(struct arena *arena, struct cgroup_pod *ret, struct error *err) MUST_CHECK;

/* A stage1's count(), of a pod whose plan has been given them. */
int cgroups_count(const struct pod_counts_request *request, struct pod_usage *ret,
		  struct error *err) MUST_CHECK;
