/* SPDX-License-Identifier: Apache-2.0 */
/* What a program has after exec: told by itself, from /proc/self/status by way of cat. */
#include "common/privilege/privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/privilege/capability.h"
#include "tests/unit/test.h"

#define BOUND                                                                                      \
	(CAPABILITY_BIT(CAP_CHOWN) | CAPABILITY_BIT(CAP_KILL) |                                    \
	 CAPABILITY_BIT(CAP_NET_BIND_SERVICE))

static const char *const denied[] = { "capset",    "prctl",   "setresuid",
				      "setgroups", "seccomp", "write" };

/* Applies and executes cat; its output, or the error's text after "error: ". */
static void run(const struct privileges *privileges, struct text *output, int *ret_status)
{
	int pipe_fds[2];
	pid_t pid;

	check_int(pipe2(pipe_fds, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		struct error err = { 0 };

		(void)dup2(pipe_fds[1], 1);
		if (privileges_apply(privileges, &err) < 0)
			(void)dprintf(1, "error: %s", err.text);
		else
			(void)execl("/bin/cat", "cat", "/proc/self/status", (char *)NULL);
		_exit(1);
	}
	(void)close(pipe_fds[1]);
	check_int(file_read_fd(pipe_fds[0], 65536, output), 0);
	check_int(waitpid(pid, ret_status, 0), pid);
	(void)close(pipe_fds[0]);
}

static void check_line(const struct text *status, const char *name, uint64_t want)
{
	char line[64];

	(void)snprintf(line, sizeof(line), "%s:\t%016llx\n", name, (unsigned long long)want);
	check_contains(text_string(status), line);
}

static void check_sets(const struct text *status, uint64_t held)
{
	check_line(status, "CapInh", 0);
	check_line(status, "CapPrm", held);
	check_line(status, "CapEff", held);
	check_line(status, "CapBnd", BOUND);
	check_line(status, "CapAmb", 0);
}

static struct seccomp_program filter(const char *const *names, size_t n)
{
	const struct seccomp_list list = { .names = names, .n_names = n, .errno_name = "EPERM" };
	struct seccomp_program program = { 0 };
	struct error err = { 0 };

	check_ok(seccomp_compile(&list, &program, &err), &err);
	return program;
}

/* Everything but the last of denied, which cat cannot do without. */
#define N_DENIED (ARRAY_LENGTH(denied) - 1)

TEST(a_root_program_has_the_bounding_set)
{
	const struct privileges privileges = { .capabilities = BOUND, .proc_fd = FD_NONE };
	auto_text struct text status = { 0 };
	int wait_status;

	test_need_root();
	run(&privileges, &status, &wait_status);
	check_sets(&status, BOUND);
	check_contains(text_string(&status), "NoNewPrivs:\t0\n");
	check_contains(text_string(&status), "Seccomp:\t0\n");
}

TEST(another_users_program_has_nothing)
{
	const uint32_t groups[] = { 7, 8 };
	const struct privileges privileges = {
		.credentials = { .uid = 33, .gid = 44, .groups = groups, .n_groups = 2 },
		.capabilities = BOUND,
		.proc_fd = FD_NONE,
	};
	auto_text struct text status = { 0 };
	int wait_status;

	test_need_root();
	run(&privileges, &status, &wait_status);
	check_sets(&status, 0);
	check_contains(text_string(&status), "Uid:\t33\t33\t33\t33\n");
	check_contains(text_string(&status), "Gid:\t44\t44\t44\t44\n");
	check_contains(text_string(&status), "Groups:\t7 8 \n");
}

TEST(a_filter_needs_no_no_new_privileges)
{
	auto_seccomp_program struct seccomp_program program = filter(denied, N_DENIED);
	const struct privileges as_root = { .capabilities = BOUND,
					    .seccomp = &program,
					    .proc_fd = FD_NONE };
	const struct privileges as_other = {
		.credentials = { .uid = 33, .gid = 33 },
		.capabilities = BOUND,
		.seccomp = &program,
		.proc_fd = FD_NONE,
	};
	auto_text struct text root = { 0 };
	auto_text struct text other = { 0 };
	int wait_status;

	test_need_root();
	run(&as_root, &root, &wait_status);
	check_sets(&root, BOUND);
	check_contains(text_string(&root), "NoNewPrivs:\t0\n");
	check_contains(text_string(&root), "Seccomp:\t2\n");
	run(&as_other, &other, &wait_status);
	check_sets(&other, 0);
	check_contains(text_string(&other), "NoNewPrivs:\t0\n");
	check_contains(text_string(&other), "Seccomp:\t2\n");
}

/* By a filter and an exec in between, and by other ids: each makes the kernel forget the tie. */
static void check_dies_with_parent(uint32_t uid, const struct seccomp_program *filter)
{
	auto_close int self = FD_NONE, report = FD_NONE, held = FD_NONE;
	struct pollfd end = { .events = POLLIN };
	int ends[2];
	pid_t parent;

	check_int(pipe2(ends, O_CLOEXEC), 0);
	report = ends[0];
	held = ends[1];
	parent = fork();
	if (parent == 0) {
		self = pidfd_open(getpid(), 0);
		if (self >= 0 && fork() == 0) {
			const struct privileges privileges = {
				.credentials = { .uid = uid, .gid = uid },
				.capabilities = BOUND,
				.seccomp = filter,
				.proc_fd = FD_NONE,
				.parent_pidfd = &self,
			};
			struct error err = { 0 };

			(void)fcntl(held, F_SETFD, 0);
			if (privileges_apply(&privileges, &err) == 0)
				(void)execl("/bin/sleep", "sleep", "60", NULL);
			_exit(1);
		}
		(void)usleep(200000); /* it has executed its program by then */
		_exit(0);
	}
	cleanup_close(&held);
	check_int(waitpid(parent, NULL, 0), parent);
	end.fd = report;
	check_int(poll(&end, 1, 10000), 1); /* the pipe ends when sleep has */
	check_int(end.revents, POLLHUP);
}

TEST(a_program_dies_with_its_parent)
{
	auto_seccomp_program struct seccomp_program program = filter(denied, N_DENIED);

	test_need_root();
	check_dies_with_parent(0, &program);
	check_dies_with_parent(33, &program);
	check_dies_with_parent(0, NULL);
	check_dies_with_parent(33, NULL);
}

TEST(with_no_new_privileges_the_sets_are_the_same)
{
	auto_seccomp_program struct seccomp_program program = filter(denied, N_DENIED);
	struct privileges privileges = {
		.capabilities = BOUND,
		.no_new_privileges = true,
		.seccomp = &program,
		.proc_fd = FD_NONE,
	};
	auto_text struct text root = { 0 };
	auto_text struct text other = { 0 };
	int wait_status;

	test_need_root();
	run(&privileges, &root, &wait_status);
	check_sets(&root, BOUND);
	check_contains(text_string(&root), "NoNewPrivs:\t1\n");
	privileges.credentials.uid = 33;
	run(&privileges, &other, &wait_status);
	check_sets(&other, 0);
	check_contains(text_string(&other), "NoNewPrivs:\t1\n");
}

TEST(a_filter_may_block_what_applying_it_needs)
{
	auto_seccomp_program struct seccomp_program program = filter(denied, ARRAY_LENGTH(denied));
	const struct privileges privileges = {
		.credentials = { .uid = 33, .gid = 33 },
		.seccomp = &program,
		.proc_fd = FD_NONE,
	};
	auto_text struct text status = { 0 };
	int wait_status;

	test_need_root();
	run(&privileges, &status, &wait_status);
	/* cat ran, and failed to write. */
	check_uint(status.length, 0);
	check_true(WIFEXITED(wait_status));
	check_int(WEXITSTATUS(wait_status), 1);
}

TEST(a_failing_step_says_what_it_was)
{
	const uint32_t groups[] = { UINT32_MAX };
	const struct privileges privileges = {
		.credentials = { .uid = 33, .gid = 33, .groups = groups, .n_groups = 1 },
		.proc_fd = FD_NONE,
	};
	auto_text struct text status = { 0 };
	int wait_status;

	test_need_root();
	run(&privileges, &status, &wait_status);
	check_contains(text_string(&status), "error: setting 1 supplementary groups: ");
	check_true(WIFEXITED(wait_status));
	check_int(WEXITSTATUS(wait_status), 1);
}

TEST(a_label_without_a_proc_is_an_error)
{
	const struct privileges privileges = {
		.capabilities = BOUND,
		.proc_fd = FD_NONE,
		.apparmor_profile = "x",
	};
	auto_text struct text status = { 0 };
	int wait_status;

	test_need_root();
	run(&privileges, &status, &wait_status);
	check_contains(text_string(&status), "error: setting the AppArmor profile x: ");
}
