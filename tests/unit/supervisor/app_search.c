/* SPDX-License-Identifier: Apache-2.0 */
#include "common/supervisor/app_search.h"

#include "common/kernel/procfs.h"
#include "common/process/child.h"
#include "tests/unit/cgroup/live_cgroup.h"
#include "tests/unit/cgroup/process_count.h"

/* Longer than the unit of a process's start time, 1/100 s. */
#define A_LITTLE_LATER_US 30000

static struct cgroup_app search_in(struct cgroup_pod *pod)
{
	detect();
	make_pod(pod, 0, &no_limits);
	return make_app(pod, "a", &no_limits);
}

static pid_t start_later(const struct cgroup_app *app, int already)
{
	pid_t pid;

	(void)usleep(A_LITTLE_LATER_US);
	pid = start_in(app, sleep_long);
	wait_for_count(app, already + 1);
	return pid;
}

static int search(const struct cgroup_app *app, pid_t parent, pid_t *ret_pid, struct error *err)
{
	auto_close int proc_fd = FD_NONE;
	auto_child struct child found = CHILD_NONE;
	int r;

	check_ok(procfs_open(&proc_fd, err), err);
	r = app_search(proc_fd, app, parent, &found, err);
	check_true((r < 0) == (found.pidfd < 0));
	if (r == 0)
		*ret_pid = found.pid;
	return r;
}

TEST(the_main_process_is_the_child_that_was_started_first)
{
	static struct cgroup_pod pod;
	auto_cgroup_app struct cgroup_app app = search_in(&pod);
	struct error err = { 0 };
	pid_t first, found = 0;

	first = start_later(&app, 0);
	(void)start_later(&app, 1);
	check_ok(search(&app, getpid(), &found, &err), &err);
	check_int(found, first);
}

/* Its child, older than any of ours, is in the app. */
static int adopt(void)
{
	pid_t pid = fork();

	if (pid == 0)
		return sleep_long();
	(void)pause();
	return 0;
}

TEST(children_of_others_are_not_taken_for_it_however_old)
{
	static struct cgroup_pod pod;
	auto_cgroup_app struct cgroup_app app = search_in(&pod);
	auto_cgroup_app struct cgroup_app elsewhere = make_app(&pod, "b", &no_limits);
	struct error err = { 0 };
	pid_t ours, theirs, found = 0;

	theirs = start_in(&app, adopt);
	wait_for_count(&app, 2);
	ours = start_later(&elsewhere, 0);
	/* Neither is ours a child of theirs, nor is theirs' child one of ours. */
	check_int(search(&elsewhere, theirs, &found, &err), -ESRCH);
	check_ok(search(&elsewhere, getpid(), &found, &err), &err);
	check_int(found, ours);
	check_ok(search(&app, getpid(), &found, &err), &err);
	check_int(found, theirs);
}

TEST(a_pod_without_a_supervisor_is_its_app)
{
	static struct cgroup_pod pod;
	auto_cgroup_app struct cgroup_app app = search_in(&pod);
	struct error err = { 0 };
	pid_t it, found = 0;

	it = start_in(&app, adopt);
	wait_for_count(&app, 2);
	check_ok(search(&app, it, &found, &err), &err);
	check_int(found, it);
}

TEST(a_process_that_has_ended_is_no_candidate)
{
	static struct cgroup_pod pod;
	auto_cgroup_app struct cgroup_app app = search_in(&pod);
	struct error err = { 0 };
	pid_t first, second, found = 0;
	siginfo_t info;

	first = start_later(&app, 0);
	second = start_later(&app, 1);
	check_int(kill(first, SIGKILL), 0);
	check_int(waitid(P_PID, (id_t)first, &info, WEXITED | WNOWAIT), 0);
	check_ok(search(&app, getpid(), &found, &err), &err);
	check_int(found, second);
}

TEST(an_app_without_processes_does_not_run)
{
	static struct cgroup_pod pod;
	auto_cgroup_app struct cgroup_app app = search_in(&pod);
	struct error err = { 0 };
	pid_t found = 77;

	check_int(search(&app, getpid(), &found, &err), -ESRCH);
	check_contains(err.text, "not running");
	check_int(found, 77);
}
