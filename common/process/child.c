/* SPDX-License-Identifier: Apache-2.0 */
#include "common/process/child.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/kernel/kernel_floor.h"
#include "common/process/exit_status.h"

int child_start(const struct child_options *options, struct child *ret_child, struct error *err)
{
	int pidfd = FD_NONE;
	struct clone_args args = {
		.flags = options->namespaces | CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)&pidfd,
		.exit_signal = SIGCHLD,
	};
	long pid;

	if (options->cgroup_fd >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (unsigned int)options->cgroup_fd;
	}
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0)
		return kernel_floor_error(err, "clone3", "starting a process");
	if (pid == 0)
		return 0;
	*ret_child = (struct child){ .pid = (pid_t)pid, .pidfd = pidfd };
	return 1;
}

int child_from_pid(pid_t pid, struct child *ret_child, struct error *err)
{
	int pidfd = pidfd_open(pid, 0);

	if (pidfd < 0)
		return error_from_errno(err, "opening process %d", (int)pid);
	*ret_child = (struct child){ .pid = pid, .pidfd = pidfd };
	return 0;
}

struct child child_take(struct child *held)
{
	struct child taken = *held;

	*held = (struct child)CHILD_NONE;
	return taken;
}

void child_release(struct child *held)
{
	cleanup_close(&held->pidfd);
	held->pid = 0;
}

int child_kill(const struct child *child, int signal_number)
{
	if (pidfd_send_signal(child->pidfd, signal_number, NULL, 0) < 0)
		return -errno;
	return 0;
}

int child_has_ended(const struct child *child, int timeout_ms, struct error *err)
{
	struct pollfd wanted = { .fd = child->pidfd, .events = POLLIN };
	int r;

	do
		r = poll(&wanted, 1, timeout_ms);
	while (r < 0 && errno == EINTR && timeout_ms < 0);
	if (r < 0 && errno != EINTR)
		return error_from_errno(err, "waiting for process %d", (int)child->pid);
	return r > 0;
}

int child_wait(const struct child *child, int *ret_wait_status, struct error *err)
{
	siginfo_t info = { 0 };
	int r;

	do
		r = waitid(P_PIDFD, (id_t)child->pidfd, &info, WEXITED);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return error_from_errno(err, "waiting for process %d", (int)child->pid);
	*ret_wait_status = exit_status_to_wait(&info);
	return 0;
}

void child_destroy(struct child *held)
{
	int ignored;

	if (held->pidfd < 0)
		return;
	(void)pidfd_send_signal(held->pidfd, SIGKILL, NULL, 0);
	(void)!child_wait(held, &ignored, NULL);
	child_release(held);
}
