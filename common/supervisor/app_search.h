/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app_search.h - which process is an app's main one, seen from outside of the pod.
 */
#pragma once

#include <sys/types.h>

#include "common/base/error.h"
#include "common/cgroup/cgroup_app.h"
#include "common/process/child.h"

/*
 * Finds it among the processes of the app's cgroup: parent itself, or its child
 * that was started first.  *ret is the caller's to release; it need not be a child of
 * the caller's.  -ESRCH: the app does not run.
 */
int app_search(int proc_fd, const struct cgroup_app *cgroup, pid_t parent, struct child *ret,
	       struct error *err) MUST_CHECK;
