/* SPDX-License-Identifier: Apache-2.0 */
#include "common/process/signals.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/process/exit_status.h"
#include "tests/unit/test.h"

TEST(a_signal_becomes_an_event)
{
	struct error err = { 0 };
	struct signalfd_siginfo info = { 0 };
	auto_close int fd = FD_NONE;

	check_ok(signals_to_fd(&fd, &err), &err);
	check_int(signals_next(fd, &info, &err), 0);
	check_int(kill(getpid(), SIGTERM), 0);
	check_int(signals_next(fd, &info, &err), 1);
	check_uint(info.ssi_signo, SIGTERM);
	check_int(signals_next(fd, &info, &err), 0);
}

TEST(a_fault_still_kills)
{
	struct error err = { 0 };
	int fd, wait_status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		(void)!signals_to_fd(&fd, &err);
		(void)signal(SIGSEGV, SIG_DFL); /* the test runner may have its own */
		__builtin_trap();
	}
	check_int(waitpid(pid, &wait_status, 0), pid);
	check_true(WIFSIGNALED(wait_status));
}

TEST(a_reset_child_is_killed_by_what_its_parent_ignores)
{
	struct error err = { 0 };
	int fd, wait_status = -1;
	pid_t pid;

	check_ok(signals_to_fd(&fd, &err), &err);
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	pid = fork();
	if (pid == 0) {
		struct sigaction pipe_action;
		sigset_t mask;

		(void)!signals_reset(&err);
		(void)sigaction(SIGPIPE, NULL, &pipe_action);
		(void)sigprocmask(SIG_SETMASK, NULL, &mask);
		if (pipe_action.sa_handler != SIG_DFL || sigismember(&mask, SIGUSR1) != 0)
			_exit(1);
		(void)kill(getpid(), SIGTERM);
		_exit(2);
	}
	check_int(waitpid(pid, &wait_status, 0), pid);
	check_int(exit_status_of(wait_status), 128 + SIGTERM);
}

TEST(only_signals_meant_for_the_app_are_forwarded)
{
	const int forwarded[] = {
		SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGRTMIN + 3
	};
	const int kept[] = {
		SIGCHLD, SIGPIPE, SIGALRM, SIGTSTP, SIGCONT, SIGWINCH, SIGSEGV, SIGTTOU
	};

	for (size_t i = 0; i < sizeof(forwarded) / sizeof(forwarded[0]); i++)
		check_true(signals_are_forwarded(forwarded[i]));
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		check_true(!signals_are_forwarded(kept[i]));
}

TEST(forwarding_reaches_the_child)
{
	struct error err = { 0 };
	struct child_options options = { .cgroup_fd = FD_NONE };
	auto_child struct child child = CHILD_NONE;
	int wait_status = -1, r = child_start(&options, &child, &err);

	if (r == 0)
		for (;;)
			(void)pause();
	check_int(r, 1);
	check_int(signals_forward(&(struct signalfd_siginfo){ .ssi_signo = SIGCHLD }, &child), 0);
	check_int(signals_forward(&(struct signalfd_siginfo){ .ssi_signo = SIGUSR1 }, &child), 1);
	check_ok(child_wait(&child, &wait_status, &err), &err);
	check_int(exit_status_of(wait_status), 128 + SIGUSR1);
	check_int(signals_forward(&(struct signalfd_siginfo){ .ssi_signo = SIGUSR1 }, &child),
		  -ESRCH);
}
