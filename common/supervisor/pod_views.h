/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pod_views.h - what apps that may look at PID 1 find there.
 *
 * Who has CAP_SYS_PTRACE can follow /proc/1/root and compare /proc/1/ns.  Programs
 * for rkt do both: on cgroup v1, where the path in /proc/self/cgroup is the host's, the
 * limits of that cgroup are read below /proc/1/root/sys/fs/cgroup.
 *
 * Processes:  PID 1 of the pod, in a mount namespace of its own.
 */
#pragma once

#include <stdbool.h>

#include "common/base/error.h"
#include "common/plan/plan.h"

/* True when an app has CAP_SYS_PTRACE. */
bool pod_may_be_looked_at(const struct plan *plan);

/*
 * Shows the host's cgroups, read-only, in the working directory, the root that PID 1 will have;
 * nothing where no app may look, or by_apps: each has a view of its own.
 */
int pod_show_cgroups(const struct plan *plan, bool by_apps, struct error *err) MUST_CHECK;
