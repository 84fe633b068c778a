/* SPDX-License-Identifier: Apache-2.0 */
#include "common/namespace/user_map.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/kernel/syscall.h"
#include "tests/unit/test.h"

static const struct user_map map = { 200000, 65536 };

TEST(a_range_must_be_one)
{
	struct error err = { 0 };

	check_int(user_map_check(&(struct user_map){ 1000, 0 }, &err), -EINVAL);
	check_contains(err.text, "the range is empty");
	check_int(user_map_check(&(struct user_map){ 4294967290U, 6 }, &err), -EINVAL);
	check_contains(err.text, "6 ids from 4294967290 on are more than there are");
	check_int(user_map_check(&(struct user_map){ 4294967295U, 1 }, &err), -EINVAL);
	check_int(user_map_check(&(struct user_map){ 4294967290U, 5 }, &err), 0);
	check_int(user_map_check(&map, &err), 0);
}

static void be_mapped(int ready)
{
	struct error err = { 0 };
	char byte;

	check_int(read(ready, &byte, 1), 1);
	check_ok(user_map_become_root(&err), &err);
	check_uint(getuid(), 0);
	check_uint(getegid(), 0);
	check_int(setresgid(65535, 65535, 65535), 0);
	check_int(setresuid(65536, 65536, 65536), -1); /* past the range */
	check_int(setresuid(65535, 65535, 65535), 0);
}

TEST(a_child_becomes_root_of_its_own_namespace)
{
	struct clone_args args = { .flags = CLONE_NEWUSER, .exit_signal = SIGCHLD };
	struct error err = { 0 };
	int ready[2];
	int status = -1;
	pid_t pid;

	test_need_root();
	check_int(pipe2(ready, O_CLOEXEC), 0);
	pid = syscall_clone3(&args);
	if (pid == 0) {
		be_mapped(ready[0]);
		_exit(0);
	}
	if (pid < 0)
		test_skip("needs user namespaces");
	check_ok(user_map_write(pid, &map, &err), &err);
	check_int(user_map_write(pid, &map, &err), -EPERM); /* once only */
	check_contains(err.text, "uid_map");
	check_int(write(ready[1], "x", 1), 1);
	check_int(waitpid(pid, &status, 0), pid);
	check_int(status, 0);
}

TEST(an_empty_namespace_has_the_map_and_leaves_no_process)
{
	auto_close int namespace = FD_NONE;
	struct error err = { 0 };
	char line[64] = "";
	pid_t pid;
	FILE *file;

	test_need_root();
	if (user_map_new_namespace(&map, &namespace, &err) < 0)
		test_skip(err.text);
	check_int(waitpid(-1, NULL, WNOHANG), -1);
	check_int(errno, ECHILD);
	pid = fork();
	if (pid == 0) {
		check_int(setns(namespace, CLONE_NEWUSER), 0);
		file = fopen("/proc/self/gid_map", "re");
		ck_assert_ptr_nonnull(file);
		ck_assert_ptr_nonnull(fgets(line, sizeof(line), file));
		check_contains(line, "65536");
		_exit(0);
	}
	int status = -1;
	check_int(waitpid(pid, &status, 0), pid);
	check_int(status, 0);
}

TEST(a_bad_range_makes_no_namespace)
{
	struct error err = { 0 };
	int namespace = 12345;

	check_int(user_map_new_namespace(&(struct user_map){ 0, 0 }, &namespace, &err), -EINVAL);
	check_int(namespace, 12345);
}
