/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process_count.h - how many processes are in a cgroup, for tests.
 */
#pragma once

#include <unistd.h>

#include "common/cgroup/cgroup_app.h"
#include "common/cgroup/cgroup_pod.h"
#include "tests/unit/test.h"

static inline int count(pid_t pid __attribute__((__unused__)), void *data)
{
	++*(int *)data;
	return 0;
}

static inline int count_in_pod(const struct cgroup_pod *pod)
{
	struct error err = { 0 };
	int n = 0;

	check_ok(cgroup_pod_processes(pod, count, &n, &err), &err);
	return n;
}

/* Waits until n processes are in the app: its own children come later. */
static inline void wait_for_count(const struct cgroup_app *app, int n)
{
	struct error err = { 0 };

	for (int tries = 0; tries < 2000; tries++) {
		int got = 0;

		check_ok(cgroup_app_processes(app, count, &got, &err), &err);
		if (got >= n)
			return;
		(void)usleep(1000);
	}
	ck_abort_msg("%d processes never came", n);
}
