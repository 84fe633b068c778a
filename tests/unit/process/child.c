/* SPDX-License-Identifier: Apache-2.0 */
#include "common/process/child.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/process/exit_status.h"
#include "tests/unit/test.h"

static const struct child_options no_namespaces = { .cgroup_fd = FD_NONE };

static void start_sleeper(struct child *ret_child)
{
	struct error err = { 0 };
	int r = child_start(&no_namespaces, ret_child, &err);

	check_ok(r, &err);
	if (r == 0)
		for (;;)
			(void)pause();
}

TEST(a_child_starts_and_its_status_is_told)
{
	struct error err = { 0 };
	auto_child struct child child = CHILD_NONE;
	int wait_status = -1, r = child_start(&no_namespaces, &child, &err);

	if (r == 0)
		_exit(77);
	check_int(r, 1);
	check_true(child.pid > 1);
	check_true(fcntl(child.pidfd, F_GETFD) & FD_CLOEXEC);
	check_ok(child_wait(&child, &wait_status, &err), &err);
	check_int(exit_status_of(wait_status), 77);
}

TEST(a_killed_child_is_told_apart_from_one_that_exits)
{
	struct error err = { 0 };
	auto_child struct child child = CHILD_NONE;
	int wait_status = -1;

	start_sleeper(&child);
	check_int(child_has_ended(&child, 0, &err), 0);
	check_int(child_kill(&child, SIGKILL), 0);
	check_int(child_has_ended(&child, -1, &err), 1);
	check_ok(child_wait(&child, &wait_status, &err), &err);
	check_true(WIFSIGNALED(wait_status));
	check_int(exit_status_of(wait_status), 128 + SIGKILL);
	check_int(child_kill(&child, SIGTERM), -ESRCH);
	check_int(child_wait(&child, &wait_status, &err), -ECHILD);
}

TEST(waiting_for_an_end_respects_its_timeout)
{
	struct error err = { 0 };
	auto_child struct child child = CHILD_NONE;

	start_sleeper(&child);
	check_int(child_has_ended(&child, 20, &err), 0);
	child_destroy(&child);
	check_int(child.pidfd, FD_NONE);
	check_int(waitpid(-1, NULL, 0), -1);
	check_int(errno, ECHILD);
}

TEST(a_child_in_a_new_pid_namespace_is_its_first_process)
{
	struct error err = { 0 };
	struct child_options options = { .namespaces = CLONE_NEWPID, .cgroup_fd = FD_NONE };
	auto_child struct child child = CHILD_NONE;
	int wait_status = -1, r;

	test_need_root();
	r = child_start(&options, &child, &err);
	if (r == 0)
		_exit(getpid() == 1 && getppid() == 0 ? 3 : 4);
	check_int(r, 1);
	check_ok(child_wait(&child, &wait_status, &err), &err);
	check_int(exit_status_of(wait_status), 3);
}

TEST(a_start_that_fails_leaves_the_result_alone)
{
	struct error err = { 0 };
	struct child child = { .pid = 12345, .pidfd = FD_NONE };
	struct child_options options = { .namespaces = CLONE_NEWNS | CLONE_FS,
					 .cgroup_fd = FD_NONE };

	check_int(child_start(&options, &child, &err), -EINVAL);
	check_text(err.text, "starting a process: Invalid argument");
	check_int(child.pid, 12345);
	options = (struct child_options){ .cgroup_fd = STDERR_FILENO };
	check_true(child_start(&options, &child, &err) < 0);
	check_int(child.pid, 12345);
}

TEST(taking_a_child_empties_the_holder)
{
	auto_child struct child child = CHILD_NONE, taken = CHILD_NONE;
	pid_t pid;

	start_sleeper(&child);
	pid = child.pid;
	taken = child_take(&child);
	check_int(child.pid, 0);
	check_int(child.pidfd, FD_NONE);
	check_int(taken.pid, pid);
	child_destroy(&taken);
}

TEST(a_running_child_can_be_held_by_its_pid)
{
	struct error err = { 0 };
	auto_child struct child child = CHILD_NONE, again = CHILD_NONE;

	start_sleeper(&child);
	check_ok(child_from_pid(child.pid, &again, &err), &err);
	check_int(child_kill(&again, SIGUSR1), 0);
	check_int(child_has_ended(&child, -1, &err), 1);
	child_destroy(&child);
	check_int(child_from_pid(INT32_MAX, &child, &err), -ESRCH);
}

/* Starts a child that does as told with its report, then sleeps or exits. */
enum behaviour { READY_THEN_SLEEP, FAIL, DIE, READY_THEN_EXEC, READY_THEN_FAIL };

static void behave(enum behaviour behaviour, struct child_report *report)
{
	struct error mine = { 0 };
	char *const argv[] = { "true", NULL };

	child_report_enter(report);
	if (behaviour == DIE)
		(void)kill(getpid(), SIGKILL);
	if (behaviour == FAIL)
		(void)error_set(&mine, EPERM,
				"unsharing the mount namespace: Operation not permitted");
	(void)child_report_send(report, &mine);
	if (behaviour == READY_THEN_EXEC)
		(void)execv("/bin/true", argv);
	if (behaviour == READY_THEN_FAIL) {
		(void)error_set(&mine, ENOENT, "executing /nothing: No such file or directory");
		(void)child_report_send(report, &mine);
	}
	if (behaviour == READY_THEN_SLEEP)
		for (;;)
			(void)pause();
	_exit(1);
}

static void start_with_report(enum behaviour behaviour, struct child_report *report,
			      struct child *ret_child)
{
	struct error err = { 0 };
	int r;

	check_ok(child_report_open(report, &err), &err);
	r = child_start(&no_namespaces, ret_child, &err);
	check_ok(r, &err);
	if (r == 0)
		behave(behaviour, report);
}

TEST(a_ready_child_is_ready_and_goes_on)
{
	struct error err = { 0 };
	auto_report struct child_report report = CHILD_REPORT_NONE;
	auto_child struct child child = CHILD_NONE;

	start_with_report(READY_THEN_SLEEP, &report, &child);
	check_ok(child_wait_ready(&report, &child, &err), &err);
	check_int(child_has_ended(&child, 0, &err), 0);
	child_destroy(&child);
}

TEST(a_failing_child_tells_its_own_error_and_is_reaped)
{
	struct error err = { 0 };
	auto_report struct child_report report = CHILD_REPORT_NONE;
	auto_child struct child child = CHILD_NONE;

	start_with_report(FAIL, &report, &child);
	check_int(child_wait_ready(&report, &child, &err), -EPERM);
	check_text(err.text, "unsharing the mount namespace: Operation not permitted");
	check_int(child.pidfd, FD_NONE);
	check_int(report.read_end, FD_NONE);
	check_int(waitpid(-1, NULL, 0), -1);
}

TEST(silence_is_not_success)
{
	struct error err = { 0 };
	auto_report struct child_report report = CHILD_REPORT_NONE;
	auto_child struct child child = CHILD_NONE;

	start_with_report(DIE, &report, &child);
	check_int(child_wait_ready(&report, &child, &err), -EPIPE);
	check_text(err.text, "the child died before it was ready");

	start_with_report(DIE, &report, &child);
	check_int(child_wait_exec(&report, &child, &err), -EPIPE);
	check_text(err.text, "the child died before it was ready");
}

TEST(executing_a_program_ends_the_report)
{
	struct error err = { 0 };
	auto_report struct child_report report = CHILD_REPORT_NONE;
	auto_child struct child child = CHILD_NONE;
	int wait_status = -1;

	start_with_report(READY_THEN_EXEC, &report, &child);
	check_ok(child_wait_ready(&report, &child, &err), &err);
	check_ok(child_wait_exec(&report, &child, &err), &err);
	check_ok(child_wait(&child, &wait_status, &err), &err);
	check_int(exit_status_of(wait_status), 0);
}

TEST(a_program_that_cannot_be_executed_is_told_after_ready)
{
	struct error err = { 0 };
	auto_report struct child_report report = CHILD_REPORT_NONE;
	auto_child struct child child = CHILD_NONE;

	start_with_report(READY_THEN_FAIL, &report, &child);
	check_int(child_wait_exec(&report, &child, &err), -ENOENT);
	check_text(err.text, "executing /nothing: No such file or directory");
	check_int(child.pidfd, FD_NONE);
}

/* A middle process starts a child tied to it; once that is ready, the middle one is killed. */
static void check_dies_with_parent(uint64_t namespaces)
{
	struct child_options options = { .namespaces = namespaces, .cgroup_fd = FD_NONE };
	struct child_report report = CHILD_REPORT_NONE;
	struct error err = { 0 };
	struct pollfd end;
	pid_t middle;
	int life[2];

	check_int(pipe(life), 0);
	middle = fork();
	if (middle == 0) {
		struct child child = CHILD_NONE;

		(void)!child_report_open(&report, &err);
		if (child_start(&options, &child, &err) == 0) {
			child_report_enter(&report);
			(void)!child_die_with_parent(&report, &err);
			(void)child_report_send(&report, &err);
			for (;;)
				(void)pause();
		}
		(void)!child_wait_ready(&report, &child, &err);
		(void)kill(getpid(), SIGKILL);
	}
	(void)close(life[1]);
	end = (struct pollfd){ .fd = life[0], .events = POLLIN };
	check_int(poll(&end, 1, 5000), 1); /* all holders of the write end are gone */
	check_true(end.revents & POLLHUP);
	check_int(waitpid(middle, NULL, 0), middle);
}

TEST(a_child_dies_with_its_parent)
{
	check_dies_with_parent(0);
}

TEST(a_pid_1_dies_with_its_parent)
{
	test_need_root();
	check_dies_with_parent(CLONE_NEWPID);
}

TEST(a_child_learns_that_its_parent_died_before)
{
	struct child_report report = CHILD_REPORT_NONE;
	struct error err = { 0 };

	check_ok(child_report_open(&report, &err), &err);
	(void)signal(SIGPIPE, SIG_IGN);
	child_report_enter(&report); /* the only reader, here */
	check_int(child_die_with_parent(&report, &err), -ESRCH);
	check_text(err.text, "the parent has ended");
}
