/* SPDX-License-Identifier: Apache-2.0 */
#include "common/namespace/namespace_enter.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/kernel/syscall.h"
#include "tests/unit/test.h"

static const struct namespace_set pod = {
	.mount = true, .pid = true, .network = true, .ipc = true, .uts = true
};

/* A process that lives in the namespaces of pod until it is killed. */
static pid_t start_pod(void)
{
	struct clone_args args = { .flags = namespace_set_flags(&pod), .exit_signal = SIGCHLD };
	pid_t pid;

	test_need_root();
	pid = syscall_clone3(&args);
	if (pid < 0)
		test_skip("needs namespaces");
	if (pid == 0)
		for (;;)
			(void)pause();
	return pid;
}

static bool shared(int pid, const char *kind)
{
	auto_close int proc = open("/proc", O_PATH | O_CLOEXEC);
	struct error err = { 0 };
	bool same = false;

	check_ok(namespace_is_shared(proc, pid, kind, &same, &err), &err);
	return same;
}

TEST(all_namespaces_are_joined_at_once)
{
	struct error err = { 0 };
	pid_t pid = start_pod();
	auto_close int pidfd = pidfd_open(pid, 0);

	check_true(!shared(pid, "uts") && !shared(pid, "net") && !shared(pid, "mnt"));
	check_ok(namespace_enter(pidfd, &pod, &err), &err);
	check_int(prctl(PR_GET_DUMPABLE), 0);
	check_true(shared(pid, "uts") && shared(pid, "net") && shared(pid, "mnt") &&
		   shared(pid, "ipc") && shared(pid, "pid_for_children"));
	check_true(shared(getppid(), "user"));
	check_int(kill(pid, SIGKILL), 0);
	_exit(0); /* no sanitizer could start a thread to look for leaks any more */
}

TEST(only_what_is_in_the_set_is_joined)
{
	static const struct namespace_set uts = { .uts = true };
	struct error err = { 0 };
	pid_t pid = start_pod();
	auto_close int pidfd = pidfd_open(pid, 0);

	check_ok(namespace_enter(pidfd, &uts, &err), &err);
	check_true(shared(pid, "uts"));
	check_true(!shared(pid, "mnt") && !shared(pid, "pid_for_children"));
	check_ok(namespace_enter(FD_NONE, &(struct namespace_set){ 0 }, &err), &err);
	check_int(kill(pid, SIGKILL), 0);
}

TEST(the_namespaces_of_a_dead_process_are_refused_by_name)
{
	struct error err = { 0 };
	pid_t pid = start_pod();
	auto_close int pidfd = pidfd_open(pid, 0);

	check_int(kill(pid, SIGKILL), 0);
	check_int(waitpid(pid, NULL, 0), pid);
	check_int(namespace_enter(pidfd, &pod, &err), -ESRCH);
	check_text(err.text, "joining namespaces (mount, pid, network, ipc, uts): No such process");
}

TEST(a_user_namespace_that_is_ones_own_cannot_be_joined)
{
	static const struct namespace_set user = { .user = true };
	auto_close int self = pidfd_open(getpid(), 0);
	struct error err = { 0 };

	check_int(namespace_enter(self, &user, &err), -EINVAL);
	check_contains(err.text, "joining namespaces (user): not possible for this process");
}

TEST(a_missing_process_or_kind_is_named)
{
	auto_close int proc = open("/proc", O_PATH | O_CLOEXEC);
	struct error err = { 0 };
	bool same = true;

	check_int(namespace_is_shared(proc, getpid(), "nosuch", &same, &err), -ENOENT);
	check_contains(err.text, "/proc/self/ns/nosuch");
	check_true(same);
}
