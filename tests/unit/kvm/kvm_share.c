/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/share/share.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/parse.h"
#include "common/mount/mount_tree.h"
#include "common/process/exit_status.h"
#include "tests/unit/test.h"

static int clone_tree(const char *path, bool read_only)
{
	const struct mount_tree_attr attr = { .read_only = read_only,
					      .no_dev = true,
					      .no_suid = true };
	auto_close int fd = open(path, O_PATH | O_CLOEXEC);
	struct error err = { 0 };
	int tree;

	check_ok(mount_tree_clone(fd, MOUNT_TREE_TOP, &tree, &err), &err);
	check_ok(mount_tree_restrict(tree, &attr, MOUNT_TREE_TOP, &err), &err);
	return tree;
}

/* A file of /proc/PID, as text. */
static void read_proc(pid_t pid, const char *name, struct text *ret)
{
	char path[128];
	struct error err = { 0 };

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	check_ok(file_read_at(AT_FDCWD, path, 1 << 16, ret, &err), &err);
}

/* virtiofsd forks once, into a pid namespace of its own: the child serves. */
static pid_t find_worker(pid_t server)
{
	char name[64];
	uint32_t pid;

	(void)snprintf(name, sizeof(name), "task/%d/children", server);
	for (;;) {
		auto_text struct text children = { 0 }, status = { 0 };

		read_proc(server, name, &children);
		if (children.length == 0) {
			usleep(1000);
			continue;
		}
		children.data[strcspn(children.data, " ")] = '\0';
		check_int(parse_u32(children.data, INT32_MAX, &pid), 0);
		read_proc((pid_t)pid, "status", &status);
		/* Giving up capabilities is the last thing before it serves. */
		if (strstr(text_string(&status), "CapEff:\t00000000") != NULL)
			return (pid_t)pid;
		usleep(1000);
	}
}

static void start(int tree, const char *file, struct share *ret)
{
	const struct share_request request = {
		.name = "data", .tree = tree, .file = file, .cgroup_fd = FD_NONE
	};
	struct error err = { 0 };

	check_ok(share_start(&request, ret, &err), &err);
}

TEST(the_server_is_confined_to_the_share)
{
	auto_share struct share share = SHARE_NONE;
	auto_text struct text status = { 0 }, mounts = { 0 };
	auto_close int tree = FD_NONE;
	char path[64];
	pid_t worker;

	test_need_root();
	tree = clone_tree("/etc", true);
	start(tree, NULL, &share);
	worker = find_worker(share.server.pid);
	read_proc(worker, "status", &status);
	/* chown, dac_override, fowner, fsetid, setgid, setuid, setfcap */
	check_contains(text_string(&status), "CapEff:\t00000000800000db");
	check_contains(text_string(&status), "NoNewPrivs:\t1");
	check_contains(text_string(&status), "Seccomp:\t2");
	/* Its root is the share, read-only, and besides it has nothing. */
	(void)snprintf(path, sizeof(path), "/proc/%d/root/passwd", worker);
	check_int(access(path, F_OK), 0);
	(void)snprintf(path, sizeof(path), "/proc/%d/root/etc", worker);
	check_int(access(path, F_OK), -1);
	/* Not even the server could write, whatever its guest asks it for. */
	check_int(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600), -1);
	check_int(errno, EROFS);
	read_proc(worker, "mountinfo", &mounts);
	check_contains(text_string(&mounts), " / ro,nosuid,nodev,");
	check_true(strchr(text_string(&mounts), '\n') ==
		   text_string(&mounts) + strlen(text_string(&mounts)) - 1);
}

TEST(a_file_is_alone_in_its_directory)
{
	auto_share struct share share = SHARE_NONE;
	auto_close int tree = FD_NONE;
	char path[64];
	pid_t worker;

	test_need_root();
	tree = clone_tree("/etc/passwd", false);
	start(tree, "passwd", &share);
	worker = find_worker(share.server.pid);
	(void)snprintf(path, sizeof(path), "/proc/%d/root/passwd", worker);
	check_int(access(path, F_OK), 0);
	(void)snprintf(path, sizeof(path), "/proc/%d/root/group", worker);
	check_int(access(path, F_OK), -1);
	/* Nothing can be put beside it, whoever tries. */
	check_int(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600), -1);
	check_int(errno, EROFS);
}

TEST(the_server_ends_with_the_connection)
{
	auto_share struct share share = SHARE_NONE;
	auto_close int tree = FD_NONE;
	struct error err = { 0 };

	test_need_root();
	tree = clone_tree("/etc", true);
	start(tree, NULL, &share);
	(void)find_worker(share.server.pid);
	cleanup_close(&share.socket);
	check_int(child_has_ended(&share.server, 60000, &err), 1);
}

/* A kill -9 of the server is seen at its pidfd; its worker goes with it. */
TEST(a_killed_server_is_noticed_and_leaves_nothing)
{
	auto_share struct share share = SHARE_NONE;
	auto_close int tree = FD_NONE;
	struct error err = { 0 };
	pid_t worker;

	test_need_root();
	tree = clone_tree("/etc", true);
	start(tree, NULL, &share);
	worker = find_worker(share.server.pid);
	check_int(child_kill(&share.server, SIGKILL), 0);
	check_int(child_has_ended(&share.server, 60000, &err), 1);
	while (kill(worker, 0) == 0)
		usleep(1000);
	check_int(share_last_words(&share, "data", &err), -EPIPE);
	check_contains(err.text, "volume data: virtiofsd");
}

static int refuse(void *context, struct error *err)
{
	return error_set(err, EACCES, "%s", (const char *)context);
}

TEST(what_fails_in_the_server_is_told)
{
	struct share_request request = { .name = "data", .tree = FD_NONE, .cgroup_fd = FD_NONE };
	struct share share = SHARE_NONE;
	struct error err = { 0 };

	test_need_root();
	check_true(share_start(&request, &share, &err) < 0);
	check_contains(err.text, "volume data: starting virtiofsd: ");
	error_clear(&err);
	request.join = refuse;
	request.context = (void *)(uintptr_t) "no cgroup";
	check_int(share_start(&request, &share, &err), -EACCES);
	check_contains(err.text, "no cgroup");
}
