/* SPDX-License-Identifier: Apache-2.0 */
#include "common/process/socket_activation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "tests/unit/test.h"

/* Puts a copy of /dev/null at fds 3 … 3 + n - 1. */
static void pass(int n)
{
	int null = open("/dev/null", O_RDONLY);

	check_true(null >= 0);
	for (int fd = 3; fd < 3 + n; fd++)
		check_int(dup2(null, fd), fd);
}

static const char *own_pid(char text[16])
{
	(void)snprintf(text, 16, "%d", (int)getpid());
	return text;
}

TEST(passed_sockets_are_found_and_kept_from_other_programs)
{
	struct error err = { 0 };
	struct socket_activation got = { .n = -1 };
	char pid[16];

	pass(2);
	check_ok(socket_activation_collect(own_pid(pid), "2", FD_NONE, &got, &err), &err);
	check_int(got.n, 2);
	check_true(fcntl(3, F_GETFD) & FD_CLOEXEC);
	check_true(fcntl(4, F_GETFD) & FD_CLOEXEC);
}

TEST(the_app_gets_them_with_its_own_pid)
{
	struct error err = { 0 };
	struct socket_activation got = { .n = 1 };
	struct socket_activation_environment environment;
	int wait_status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		char expected[32];

		pass(1);
		(void)fcntl(3, F_SETFD, FD_CLOEXEC);
		(void)!socket_activation_install(&got, &environment, &err);
		(void)snprintf(expected, sizeof(expected), "LISTEN_PID=%d", (int)getpid());
		_exit(strcmp(environment.listen_pid, expected) != 0 ||
		      strcmp(environment.listen_fds, "LISTEN_FDS=1") != 0 ||
		      fcntl(3, F_GETFD) != 0);
	}
	check_int(waitpid(pid, &wait_status, 0), pid);
	check_int(wait_status, 0);
}

TEST(what_was_passed_to_another_process_is_not_ours)
{
	struct error err = { 0 };
	struct socket_activation got = { .n = -1 };

	check_int(socket_activation_collect("1", "2", FD_NONE, &got, &err), 0);
	check_int(got.n, 0);
	check_int(socket_activation_collect(NULL, "2", FD_NONE, &got, &err), 0);
	check_int(got.n, 0);
	check_int(socket_activation_collect("1", NULL, FD_NONE, &got, &err), 0);
	check_int(got.n, 0);
}

TEST(bad_numbers_and_missing_sockets_are_refused)
{
	struct error err = { 0 };
	struct socket_activation got = { .n = 77 };
	char pid[16];

	check_int(socket_activation_collect(own_pid(pid), "-1", FD_NONE, &got, &err), -EINVAL);
	check_contains(err.text, "LISTEN_FDS \"-1\"");
	check_int(socket_activation_collect(pid, "999999", FD_NONE, &got, &err), -EINVAL);
	check_int(close_range(200, 300, 0), 0);
	check_int(socket_activation_collect(pid, "256", FD_NONE, &got, &err), -EBADF);
	check_int(got.n, 77);
}

TEST(the_pods_lock_is_never_given_away)
{
	struct error err = { 0 };
	struct socket_activation got = { .n = 77 };
	char pid[16];

	pass(6);
	check_int(socket_activation_collect(own_pid(pid), "5", 7, &got, &err), -EINVAL);
	check_contains(err.text, "descriptor 7, which is the pod's lock");
	check_int(socket_activation_collect(pid, "4", 7, &got, &err), 0);
	check_int(got.n, 4);
}
