/* SPDX-License-Identifier: Apache-2.0 */
/* Filters in the kernel. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/privilege/no_new_privileges.h"
#include "common/privilege/seccomp.h"
#include "tests/unit/test.h"

static const char *const denied[] = { "getppid", "io_uring_setup" };

/* Runs body in a child that has the filter; its wait status. */
static int run_filtered(const struct seccomp_program *program, void (*body)(void))
{
	struct error err = { 0 };
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		if (no_new_privileges_set(&err) < 0 || seccomp_program_load(program, &err) < 0)
			_exit(99);
		body();
		/* Not _exit(): a sanitizer's does more than that. */
		for (;;)
			(void)syscall(SYS_exit_group, 0);
	}
	check_int(waitpid(pid, &status, 0), pid);
	return status;
}

static void call_getppid(void)
{
	_exit(syscall(SYS_getppid) < 0 ? errno : 0);
}

static void do_nothing(void)
{
}

static void check_exit(int status, int want)
{
	check_true(WIFEXITED(status));
	check_int(WEXITSTATUS(status), want);
}

TEST(a_blocked_call_returns_its_errno)
{
	const struct seccomp_list list = { .names = denied, .n_names = 2, .errno_name = "EXDEV" };
	auto_seccomp_program struct seccomp_program program = { 0 };
	struct error err = { 0 };

	check_ok(seccomp_compile(&list, &program, &err), &err);
	check_exit(run_filtered(&program, call_getppid), EXDEV);
	check_exit(run_filtered(&program, do_nothing), 0);
}

TEST(a_blocked_call_kills_by_sigsys)
{
	const struct seccomp_list list = { .names = denied, .n_names = 2 };
	auto_seccomp_program struct seccomp_program program = { 0 };
	struct error err = { 0 };
	int status;

	check_ok(seccomp_compile(&list, &program, &err), &err);
	status = run_filtered(&program, call_getppid);
	check_true(WIFSIGNALED(status));
	check_int(WTERMSIG(status), SIGSYS);
}

TEST(an_empty_allow_list_lets_a_process_end)
{
	const struct seccomp_list list = { .allow = true };
	auto_seccomp_program struct seccomp_program program = { 0 };
	struct error err = { 0 };

	check_ok(seccomp_compile(&list, &program, &err), &err);
	check_exit(run_filtered(&program, do_nothing), 0);
}

static void type_into_terminal(void)
{
	char letter = 'x';

	_exit(syscall(SYS_ioctl, 0, 0x5412 | 1UL << 32, &letter) < 0 ? errno : 0);
}

TEST(a_terminal_guard_holds)
{
	const struct seccomp_list list = { .guards = SECCOMP_GUARD_TERMINAL };
	auto_seccomp_program struct seccomp_program program = { 0 };
	struct error err = { 0 };

	check_ok(seccomp_compile(&list, &program, &err), &err);
	check_exit(run_filtered(&program, type_into_terminal), EPERM);
}

TEST(loading_needs_one_of_two_things)
{
	const struct seccomp_list list = { .names = denied, .n_names = 2 };
	auto_seccomp_program struct seccomp_program program = { 0 };
	struct error err = { 0 };
	int status;
	pid_t pid;

	check_ok(seccomp_compile(&list, &program, &err), &err);
	pid = fork();
	if (pid == 0) {
		if (geteuid() == 0 && syscall(SYS_setresuid, 1, 1, 1) < 0)
			_exit(99);
		_exit(seccomp_program_load(&program, &err) == -EACCES ? 0 : 1);
	}
	check_int(waitpid(pid, &status, 0), pid);
	check_exit(status, 0);
}
