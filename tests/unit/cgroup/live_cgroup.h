/* SPDX-License-Identifier: Apache-2.0 */
/*
 * live_cgroup.h - cgroups of this machine, for one test that really uses them.
 */
#pragma once

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/uuid.h"
#include "common/cgroup/cgroup_app.h"
#include "common/cgroup/cgroup_pod.h"
#include "common/kernel/syscall.h"
#include "tests/unit/test.h"

#define ENOUGH_MS 5000

static struct arena arena;
static struct uuid uuid;
static struct cgroup_host host;
static const struct cgroup_limits no_limits;

/* A test's cgroups go when its process exits, even when a check failed: hence no pod of these
 * tests is on the stack, nor released. */
static struct cgroup_pod *current;

static inline void remove_current(void)
{
	struct error err = { 0 };

	if (current == NULL)
		return;
	if (cgroup_pod_kill(current, ENOUGH_MS, &err) < 0 ||
	    cgroup_pod_remove(current, ENOUGH_MS, &err) < 0)
		(void)fprintf(stderr, "%s\n", err.text);
	current = NULL;
}

static inline void detect(void)
{
	struct error err = { 0 };
	int r;

	test_need_root();
	(void)signal(SIGTERM, SIG_DFL); /* not Check's handlers: in a child they end the test */
	(void)signal(SIGINT, SIG_DFL);
	r = cgroup_host_detect(&arena, &host, &err);
	if (r == -ENOENT)
		test_skip("no cgroups are mounted here");
	check_ok(r, &err);
	check_ok(uuid_generate(&uuid, &err), &err);
}

static inline void make_pod(struct cgroup_pod *pod, uint32_t controllers,
			    const struct cgroup_limits *limits)
{
	const struct cgroup_pod_request request = { .uuid = uuid.text, .controllers = controllers };
	struct error err = { 0 };
	int r;

	check_ok(cgroup_pod_plan(&arena, &host, &request, pod, &err), &err);
	r = cgroup_pod_create(pod, limits, &err);
	if (r == -EROFS || r == -EACCES || r == -EPERM)
		test_skip("the cgroups are not ours to change");
	check_ok(r, &err);
	current = pod;
	(void)atexit(remove_current);
}

static inline struct cgroup_app make_app(const struct cgroup_pod *pod, const char *name,
					 const struct cgroup_limits *limits)
{
	const struct cgroup_app_request request = { .name = name, .limits = *limits };
	struct cgroup_app app = CGROUP_APP_NONE;
	struct error err = { 0 };

	check_ok(cgroup_app_create(pod, &request, &app, &err), &err);
	return app;
}

/* A child that has joined the app; it runs body and ends with its result. */
static inline pid_t start_in(const struct cgroup_app *app, int (*body)(void))
{
	int fd = cgroup_app_clone_fd(app);
	struct clone_args args = {
		.exit_signal = SIGCHLD,
		.flags = fd >= 0 ? CLONE_INTO_CGROUP : 0,
		.cgroup = fd >= 0 ? (unsigned long long)fd : 0,
	};
	struct error err = { 0 };
	auto_close int joined = eventfd(0, EFD_CLOEXEC);
	pid_t pid = syscall_clone3(&args);
	int r;

	ck_assert_msg(pid >= 0, "clone3: %s", strerror(errno));
	if (pid == 0) {
		r = cgroup_app_join(app, fd >= 0, &err);
		(void)eventfd_write(joined, 1);
		_exit(r < 0 ? 99 : body());
	}
	check_int(eventfd_read(joined, &(eventfd_t){ 0 }), 0);
	return pid;
}

static inline int sleep_long(void)
{
	(void)sleep(60);
	return 0;
}

static inline int wait_for(pid_t pid)
{
	int status = -1;

	check_int(waitpid(pid, &status, 0), pid);
	return status;
}
