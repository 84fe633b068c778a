/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pod_cgroups.h - a plan's limits as cgroups, and the record of them in the pod directory.
 *
 * Record:     the file `cgroups`, one line "controllers:path" for each hierarchy, put
 *             there before the first cgroup is made.  enter, stop and gc find the
 *             pod's cgroups by it.
 * Errors:     -errno, err filled.
 */
#pragma once

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/cgroup/cgroup_app.h"
#include "common/plan/plan.h"

int pod_cgroups_plan(struct arena *arena, const struct cgroup_host *host, const struct plan *plan,
		     struct cgroup_pod *ret, struct error *err) MUST_CHECK;

int pod_cgroups_keep(int pod_fd, const struct cgroup_pod *pod, struct error *err) MUST_CHECK;

int pod_cgroups_create(struct cgroup_pod *pod, const struct plan *plan,
		       struct error *err) MUST_CHECK;

/* What the app's cgroup is called, among its pod's. */
const char *pod_cgroups_name(const struct plan_app *app);

int pod_cgroups_create_app(const struct cgroup_pod *pod, const struct plan_app *app,
			   struct cgroup_app *ret, struct error *err) MUST_CHECK;

/* Whether limits and accounts of this machine are in a v2 tree. */
bool pod_cgroups_are_v2(const struct cgroup_host *host);

/* Reads the record and opens what is left of the cgroups; -ENOENT: there never were any. */
int pod_cgroups_find(struct arena *arena, int pod_fd, const char *uuid, struct cgroup_pod *ret,
		     struct error *err) MUST_CHECK;
