/* SPDX-License-Identifier: Apache-2.0 */
#include "image/image_confine.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "image/image_extract.h"
#include "tests/unit/image/made_tar.h"
#include "tests/unit/test.h"

/* Runs body in a confined child; its exit status. */
static int confined_by(const struct image_confine_limits *limits, int dir,
		       int (*body)(int target, int archive), int archive)
{
	int status = 0;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		struct error err = { 0 };
		int target = -1;

		if (image_confine(dir, limits, &target, &err) < 0) {
			(void)!write(2, err.text, strlen(err.text));
			_exit(99);
		}
		_exit(body(target, archive));
	}
	check_int(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status), "killed by %d", WTERMSIG(status));
	return WEXITSTATUS(status);
}

static int confined(int dir, int (*body)(int target, int archive), int archive)
{
	return confined_by(&(struct image_confine_limits){ .allow_devices = true }, dir, body,
			   archive);
}

static int extract(int target, int archive)
{
	struct image_facts facts = { 0 };
	struct error err = { 0 };

	if (image_extract(archive, target, &(struct image_extract_options){ .allow_devices = true },
			  &facts, &err) < 0) {
		(void)!write(2, err.text, strlen(err.text));
		return 1;
	}
	return 0;
}

static int try_to_leave(int target, int archive)
{
	(void)archive;
	if (access("/etc/passwd", F_OK) == 0 || open("/proc/self", O_PATH) >= 0)
		return 1;
	if (openat(target, "../..", O_RDONLY) >= 0) {
		struct stat root, up;

		if (stat("/", &root) == 0 && fstatat(target, "../..", &up, 0) == 0 &&
		    root.st_ino != up.st_ino)
			return 2;
	}
	if (fork() >= 0 || errno != EPERM)
		return 3;
	if (socket(AF_INET, SOCK_STREAM, 0) >= 0)
		return 4;
	if (execl("/x", "x", (char *)NULL) == 0 || errno != EPERM)
		return 5;
	if (chroot("/") == 0 || unshare(CLONE_NEWUSER) == 0)
		return 6;
	return 0;
}

TEST(a_confined_process_can_extract)
{
	auto_text struct text tar = { 0 };
	int dir = made_directory();
	struct stat found;

	made_tar_start(&tar);
	made_tar_add(&tar, .name = "rootfs/su", .data = "x", .mode = 04755, .uid = 1, .gid = 1);
	made_tar_add(&tar, .name = "rootfs/null", .type = '3', .major = 1, .minor = 3);
	made_tar_add(&tar, .name = "rootfs/l", .type = '2', .link = "su");
	made_tar_add(&tar, .name = "rootfs/h", .type = '1', .link = "rootfs/su");
	made_tar_end(&tar);
	check_int(confined(dir, extract, made_tar_packed(&tar, "xz")), 0);
	check_int(fstatat(dir, "rootfs/su", &found, 0), 0);
	check_uint(found.st_mode, S_IFREG | 04755);
	check_uint(found.st_nlink, 2);
	check_int(fstatat(dir, "rootfs/null", &found, 0), 0);
	check_true(S_ISCHR(found.st_mode));
}

TEST(a_confined_process_cannot_leave)
{
	check_int(confined(made_directory(), try_to_leave, -1), 0);
}

static void *end_at_once(void *context)
{
	return context;
}

/* 1: a thread but no process; 2: neither */
static int count_refusals(int target, int archive)
{
	pthread_t thread;
	pid_t pid = fork();
	int n = pid < 0;

	(void)target;
	(void)archive;
	if (pid == 0)
		_exit(0);
	if (pthread_create(&thread, NULL, end_at_once, NULL) != 0)
		return n + 1;
	(void)pthread_join(thread, NULL);
	return n;
}

TEST(threads_are_made_where_they_are_meant_and_processes_never)
{
	const struct image_confine_limits with = { .threads = true },
					  without = { .threads = false };
	int dir = made_directory();

	check_int(confined_by(&with, dir, count_refusals, -1), 1);
	check_int(confined_by(&without, dir, count_refusals, -1), 2);
}

#ifndef RKT_SANITIZED
static int fill_memory(int target, int archive)
{
	(void)target;
	(void)archive;
	return malloc((size_t)2 << 30) == NULL ? 0 : 1;
}

TEST(a_confined_process_has_little_memory)
{
	check_int(confined(made_directory(), fill_memory, -1), 0);
}
#endif

TEST(nothing_is_mounted_outside)
{
	int dir = made_directory();
	int before = open("/proc/self/mountinfo", O_RDONLY);
	char a[65536] = "";
	char b[65536] = "";
	int after;

	check_true(read(before, a, sizeof(a) - 1) > 0);
	check_int(confined(dir, try_to_leave, -1), 0);
	after = open("/proc/self/mountinfo", O_RDONLY);
	check_true(read(after, b, sizeof(b) - 1) > 0);
	check_text(b, a);
}
