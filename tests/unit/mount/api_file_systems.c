/* SPDX-License-Identifier: Apache-2.0 */
#include "common/mount/api_file_systems.h"

#include <linux/magic.h>
#include <sched.h>
#include <signal.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/wait.h>

#include "common/kernel/syscall.h"
#include "common/namespace/user_map.h"
#include "tests/unit/mount/fixture.h"

#define MQUEUE_MAGIC 0x19800202

static const struct api_file_systems plain = { .shm = FD_NONE, .console = FD_NONE };

/* Mounts them in the root of the world; the fds are not needed any more. */
static void mount_them(const struct api_file_systems *wanted)
{
	struct api_file_systems_made made = { FD_NONE, FD_NONE, FD_NONE };
	auto_close int root = fixture_prepare_root();
	struct error err = { 0 };

	check_ok(api_file_systems_mount(root, wanted, &made, &err), &err);
	check_true(made.proc >= 0 && made.sys >= 0 && made.dev >= 0);
	api_file_systems_made_release(&made);
	check_int(made.proc, FD_NONE);
}

static void check_type(const char *path, long magic)
{
	struct statfs fs;

	ck_assert_msg(statfs(path, &fs) == 0, "looking at %s: %m", path);
	ck_assert_msg((long)fs.f_type == magic, "%s is of type %lx", path, (long)fs.f_type);
}

static void check_has_flags(const char *path, unsigned long flags)
{
	unsigned long got = fixture_mount_flags(path);

	ck_assert_msg((got & flags) == flags, "%s has flags %lx, not all of %lx", path, got, flags);
}

TEST(each_is_what_it_says_and_inert)
{
	const unsigned long inert = ST_NOSUID | ST_NODEV | ST_NOEXEC;

	fixture_make_world();
	mount_them(&plain);
	check_type("/tmp/root/proc", PROC_SUPER_MAGIC);
	check_type("/tmp/root/sys", SYSFS_MAGIC);
	check_type("/tmp/root/dev", TMPFS_MAGIC);
	check_type("/tmp/root/dev/pts", DEVPTS_SUPER_MAGIC);
	check_type("/tmp/root/dev/shm", TMPFS_MAGIC);
	check_has_flags("/tmp/root/proc", inert);
	check_has_flags("/tmp/root/sys", inert | ST_RDONLY);
	check_has_flags("/tmp/root/dev", inert);
	check_has_flags("/tmp/root/dev/shm", inert);
	check_has_flags("/tmp/root/dev/pts", ST_NOSUID | ST_NOEXEC);
	check_true((fixture_mount_flags("/tmp/root/dev") & ST_RDONLY) == 0);
	check_true((fixture_mount_flags("/tmp/root/dev/shm") & ST_RDONLY) == 0);
	check_true((fixture_mount_flags("/tmp/root/dev/pts") & ST_RDONLY) == 0);
}

TEST(the_devices_are_the_real_ones)
{
	static const struct {
		const char *path;
		unsigned major, minor;
	} want[] = {
		{ "/tmp/root/dev/null", 1, 3 },    { "/tmp/root/dev/zero", 1, 5 },
		{ "/tmp/root/dev/full", 1, 7 },    { "/tmp/root/dev/random", 1, 8 },
		{ "/tmp/root/dev/urandom", 1, 9 }, { "/tmp/root/dev/tty", 5, 0 },
		{ "/tmp/root/dev/ptmx", 5, 2 },    { "/tmp/root/dev/console", 1, 3 },
	};

	fixture_make_world();
	mount_them(&plain);
	for (size_t i = 0; i < ARRAY_LENGTH(want); i++) {
		struct stat st;

		ck_assert_msg(stat(want[i].path, &st) == 0, "%s: %m", want[i].path);
		check_true(S_ISCHR(st.st_mode));
		check_uint(st.st_rdev, makedev(want[i].major, want[i].minor));
		check_uint(st.st_mode & 0666, 0666);
	}
}

TEST(the_host_s_tunnels_are_shown_when_asked_for)
{
	struct api_file_systems wanted = plain;
	struct stat host, st;
	bool has = stat("/dev/net/tun", &host) == 0;

	wanted.tunnels = true;
	fixture_make_world();
	mount_them(&wanted);
	check_int(stat("/tmp/root/dev/net/tun", &st), has ? 0 : -1);
	if (has)
		check_uint(st.st_rdev, host.st_rdev);
	check_int(access("/tmp/root/dev/null", W_OK), 0);
}

TEST(devices_work_but_their_inodes_cannot_be_changed)
{
	auto_close int null = FD_NONE;
	auto_close int full = FD_NONE;
	auto_close int master = FD_NONE;

	fixture_make_world();
	mount_them(&plain);
	null = open("/tmp/root/dev/null", O_WRONLY | O_CLOEXEC);
	check_int(write(null, "x", 1), 1);
	full = open("/tmp/root/dev/full", O_WRONLY | O_CLOEXEC);
	check_int(write(full, "x", 1), -1);
	check_int(errno, ENOSPC);
	master = open("/tmp/root/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	check_true(master >= 0);
	check_int(access("/tmp/root/dev/pts/0", F_OK), 0);
	check_int(chmod("/tmp/root/dev/null", 0600), -1);
	check_int(errno, EROFS);
	check_int(chown("/tmp/root/dev/console", 1, 1), -1);
	check_int(errno, EROFS);
}

TEST(a_node_made_in_dev_opens_nothing)
{
	fixture_make_world();
	mount_them(&plain);
	check_int(mknod("/tmp/root/dev/mem", S_IFCHR | 0600, makedev(1, 3)), 0);
	check_int(open("/tmp/root/dev/mem", O_RDONLY | O_CLOEXEC), -1);
	check_int(errno, EACCES);
	check_int(mknod("/tmp/root/node", S_IFCHR | 0600, makedev(1, 3)), 0);
	check_int(open("/tmp/root/node", O_RDONLY | O_CLOEXEC), -1);
	check_int(errno, EACCES);
}

TEST(hostile_names_at_the_top_are_replaced)
{
	struct stat st;

	fixture_make_world();
	check_int(symlink("/", "/tmp/root/proc"), 0);
	check_int(symlink("../outside", "/tmp/root/dev"), 0);
	fixture_write("/tmp/root/sys", "a file");
	mount_them(&plain);
	check_int(lstat("/tmp/root/proc", &st), 0);
	check_true(S_ISDIR(st.st_mode));
	check_type("/tmp/root/proc", PROC_SUPER_MAGIC);
	check_type("/tmp/root/sys", SYSFS_MAGIC);
	check_type("/tmp/root/dev", TMPFS_MAGIC);
	check_int(access("/tmp/outside/null", F_OK), -1);
	check_int(rmdir("/tmp/outside"), 0); /* empty and nothing mounted on it */
}

TEST(hostile_names_inside_dev_are_covered)
{
	struct stat st;

	fixture_make_world();
	fixture_make_directory("/tmp/root/dev");
	check_int(symlink("../../outside/target", "/tmp/root/dev/null"), 0);
	check_int(symlink("../../outside", "/tmp/root/dev/pts"), 0);
	check_int(symlink("../../outside", "/tmp/root/dev/shm"), 0);
	mount_them(&plain);
	check_int(lstat("/tmp/root/dev/null", &st), 0);
	check_true(S_ISCHR(st.st_mode));
	check_type("/tmp/root/dev/pts", DEVPTS_SUPER_MAGIC);
	check_int(rmdir("/tmp/outside"), 0);
}

TEST(a_missing_mount_point_in_a_read_only_root_is_refused)
{
	struct api_file_systems_made made = { 91, 92, 93 };
	auto_close int root = FD_NONE;
	struct error err = { 0 };

	fixture_make_world();
	root = fixture_prepare_root();
	check_ok(root_switch_make_read_only(root, &err), &err);
	check_int(api_file_systems_mount(root, &plain, &made, &err), -EROFS);
	check_text(err.text, "mounting /proc: making the directory proc: Read-only file system");
	check_int(made.dev, 93);
}

TEST(apps_of_a_pod_share_shm_and_each_has_its_own_dev)
{
	struct api_file_systems wanted = plain;
	auto_close int pod_shm = FD_NONE;
	auto_close int outside = FD_NONE;
	auto_close int shm = FD_NONE;
	struct error err = { 0 };

	fixture_make_world();
	check_ok(api_file_systems_new_shm(&pod_shm, &err), &err);
	outside = fixture_open("/tmp/outside");
	check_ok(mount_tree_attach(pod_shm, outside, "", &err), &err);
	check_ok(mount_tree_clone(pod_shm, MOUNT_TREE_TOP, &shm, &err), &err);
	wanted.shm = shm;
	mount_them(&wanted);
	fixture_write("/tmp/root/dev/shm/segment", "shared");
	fixture_check_content("/tmp/outside/segment", "shared");
	check_has_flags("/tmp/root/dev/shm", ST_NOSUID | ST_NODEV | ST_NOEXEC);
}

/* A terminal; its other end stays open as long as the test runs. */
static int open_terminal(void)
{
	int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	int terminal;

	if (master < 0 || unlockpt(master) < 0)
		test_skip("needs /dev/ptmx");
	terminal = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (terminal < 0)
		test_skip("needs /dev/pts");
	return terminal;
}

TEST(a_console_is_the_terminal_that_was_given)
{
	struct api_file_systems wanted = plain;
	auto_close int terminal = FD_NONE;
	struct stat given;
	struct stat shown;

	fixture_make_world();
	terminal = open_terminal();
	wanted.console = terminal;
	mount_them(&wanted);
	check_int(fstat(terminal, &given), 0);
	check_int(stat("/tmp/root/dev/console", &shown), 0);
	check_uint(shown.st_rdev, given.st_rdev);
}

TEST(a_console_whose_name_is_anothers_by_now_is_refused)
{
	struct api_file_systems wanted = plain;
	struct api_file_systems_made made;
	auto_close int terminal = FD_NONE;
	auto_close int root = FD_NONE;
	struct error err = { 0 };

	fixture_make_world();
	terminal = open_terminal();
	check_int(mount("/dev/null", ttyname(terminal), NULL, MS_BIND, NULL), 0);
	root = fixture_prepare_root();
	wanted.console = terminal;
	check_int(api_file_systems_mount(root, &wanted, &made, &err), -ENOTTY);
}

TEST(a_console_that_is_no_terminal_is_refused)
{
	struct api_file_systems wanted = plain;
	struct api_file_systems_made made;
	auto_close int root = FD_NONE;
	auto_close int file = FD_NONE;
	struct error err = { 0 };

	fixture_make_world();
	fixture_write("/tmp/outside/file", "");
	file = fixture_open("/tmp/outside/file");
	root = fixture_prepare_root();
	wanted.console = file;
	check_int(api_file_systems_mount(root, &wanted, &made, &err), -ENOTTY);
	check_contains(err.text, "mounting /dev: the console's terminal");
}

TEST(a_false_device_of_the_host_is_refused)
{
	struct api_file_systems_made made;
	auto_close int root = FD_NONE;
	struct error err = { 0 };

	fixture_make_world();
	root = fixture_prepare_root();
	check_int(mount("/dev/zero", "/dev/random", NULL, MS_BIND, NULL), 0);
	check_int(api_file_systems_mount(root, &plain, &made, &err), -ENODEV);
	check_contains(err.text, "/dev/random is not the device 1:8");
}

TEST(a_cgroup_view_is_read_only_and_the_pods_own)
{
	struct api_file_systems wanted = plain;

	fixture_make_world();
	check_int(unshare(CLONE_NEWCGROUP), 0);
	wanted.cgroup_view = true;
	mount_them(&wanted);
	check_type("/tmp/root/sys/fs/cgroup", CGROUP2_SUPER_MAGIC);
	check_has_flags("/tmp/root/sys/fs/cgroup", ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC);
}

/* In a user namespace with a pid, ipc and mount namespace of its own, like a pod's first process.
 */
static void be_in_user_namespace(int ready)
{
	struct error err = { 0 };
	char byte;

	check_int(read(ready, &byte, 1), 1);
	check_ok(user_map_become_root(&err), &err);
	mount_them(&plain);
	check_type("/tmp/root/sys", SYSFS_MAGIC);
	check_has_flags("/tmp/root/sys", ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC);
	check_has_flags("/tmp/root/sys/fs/cgroup", ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC);
	check_type("/tmp/root/proc", PROC_SUPER_MAGIC);
	check_type("/tmp/root/dev/mqueue", MQUEUE_MAGIC);
	check_int(access("/tmp/root/dev/null", W_OK), 0);
}

TEST(a_user_namespace_in_the_hosts_network_gets_a_read_only_copy_of_sys)
{
	struct clone_args args = { .flags =
				       CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC,
				   .exit_signal = SIGCHLD };
	struct error err = { 0 };
	int ready[2];
	int status = -1;
	pid_t pid;

	fixture_make_world();
	check_int(chown("/tmp/root", 100000, 100000), 0);
	check_int(pipe2(ready, O_CLOEXEC), 0);
	pid = syscall_clone3(&args);
	if (pid == 0) {
		be_in_user_namespace(ready[0]);
		_exit(0);
	}
	if (pid < 0)
		test_skip("needs user namespaces");
	check_ok(user_map_write(pid, &(struct user_map){ 100000, 65536 }, &err), &err);
	check_int(write(ready[1], "x", 1), 1);
	check_int(waitpid(pid, &status, 0), pid);
	check_int(status, 0);
}

TEST(a_shared_host_keeps_its_mounts_and_gets_none_back)
{
	auto_close int root = FD_NONE;
	struct error err = { 0 };

	fixture_make_world();
	check_int(mount("", "/", NULL, MS_REC | MS_SHARED, NULL), 0);
	check_int(unshare(CLONE_NEWNS), 0);
	check_ok(root_switch_isolate(MOUNT_TREE_SLAVE, &err), &err);
	root = fixture_prepare_root();
	check_int(symlink("/tmp/outside", "/tmp/root/dev"), 0);
	check_ok(api_file_systems_share_host(root, &err), &err);
	check_int(fixture_count_mounts(" /tmp/root/dev "), 1);
	check_int(fixture_count_mounts(" /tmp/root/dev/pts "), fixture_count_mounts(" /dev/pts "));
	check_int(fixture_count_mounts("shared:"), 0);
	check_type("/tmp/root/proc", PROC_SUPER_MAGIC);
	check_int(access("/tmp/root/dev/null", W_OK), 0);
	check_int(mount("tmpfs", "/tmp/root/sys/kernel", "tmpfs", 0, NULL), 0);
	check_int(fixture_count_mounts(" /sys/kernel "), 0);
	check_int(rmdir("/tmp/outside"), 0);
}
