/* SPDX-License-Identifier: Apache-2.0 */
#include "common/mount/volume.h"

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "common/namespace/user_map.h"
#include "tests/unit/mount/fixture.h"

static const struct volume_source plain = { .name = "data",
					    .path = "/tmp/outside",
					    .user_namespace = FD_NONE };

/* Opens and attaches; returns the tree, now attached. */
static int show(const struct volume_source *source, int root, const char *target)
{
	struct error err = { 0 };
	int tree = FD_NONE;

	check_ok(volume_open_host(source, &tree, &err), &err);
	check_ok(volume_attach(tree, root, target, &err), &err);
	return tree;
}

TEST(a_directory_appears_writable_without_suid_and_devices)
{
	auto_close int root = FD_NONE;
	auto_close int tree = FD_NONE;

	fixture_make_world();
	root = fixture_prepare_root();
	tree = show(&plain, root, "/var/lib/data");
	fixture_write("/tmp/root/var/lib/data/file", "x");
	fixture_check_content("/tmp/outside/file", "x");
	check_uint(fixture_mount_flags("/tmp/root/var/lib/data") &
		       (ST_NOSUID | ST_NODEV | ST_RDONLY),
		   ST_NOSUID | ST_NODEV);
}

TEST(host_flags_are_kept_when_asked)
{
	struct volume_source source = plain;
	auto_close int root = FD_NONE;
	auto_close int tree = FD_NONE;

	fixture_make_world();
	root = fixture_prepare_root();
	source.host_flags = true;
	tree = show(&source, root, "data");
	check_uint(fixture_mount_flags("/tmp/root/data") & (ST_NOSUID | ST_NODEV), 0);
}

/* /tmp/outside/below is a mount with one of its own below it. */
static void make_nested_mounts(void)
{
	fixture_make_directory("/tmp/outside/below");
	check_int(mount("tmpfs", "/tmp/outside/below", "tmpfs", 0, NULL), 0);
	fixture_make_directory("/tmp/outside/below/deep");
	check_int(mount("tmpfs", "/tmp/outside/below/deep", "tmpfs", 0, NULL), 0);
	fixture_write("/tmp/outside/below/deep/file", "x");
}

TEST(read_only_holds_for_every_nested_mount)
{
	struct volume_source source = plain;
	auto_close int root = FD_NONE;
	auto_close int tree = FD_NONE;

	fixture_make_world();
	make_nested_mounts();
	root = fixture_prepare_root();
	source.read_only = source.recursive = true;
	tree = show(&source, root, "data");
	fixture_check_content("/tmp/root/data/below/deep/file", "x");
	check_int(mkdir("/tmp/root/data/new", 0755), -1);
	check_int(errno, EROFS);
	check_int(mkdir("/tmp/root/data/below/deep/new", 0755), -1);
	check_int(errno, EROFS);
	check_true((fixture_mount_flags("/tmp/root/data/below/deep") & ST_NODEV) != 0);
	check_int(mkdir("/tmp/outside/below/deep/new", 0755), 0); /* the host still can */
}

TEST(a_volume_that_is_not_recursive_has_no_nested_mounts)
{
	auto_close int root = FD_NONE;
	auto_close int tree = FD_NONE;

	fixture_make_world();
	make_nested_mounts();
	root = fixture_prepare_root();
	tree = show(&plain, root, "data");
	check_int(access("/tmp/root/data/below", F_OK), 0);
	check_int(access("/tmp/root/data/below/deep", F_OK), -1);
}

TEST(a_file_can_be_a_volume)
{
	struct volume_source source = plain;
	auto_close int root = FD_NONE;
	auto_close int tree = FD_NONE;

	fixture_make_world();
	fixture_write("/tmp/outside/file", "of the host");
	root = fixture_prepare_root();
	source.path = "/tmp/outside/file";
	source.read_only = true;
	tree = show(&source, root, "etc/app/config");
	fixture_check_content("/tmp/root/etc/app/config", "of the host");
	ck_assert_ptr_null(fopen("/tmp/root/etc/app/config", "we"));
	check_int(errno, EROFS);
}

TEST(a_device_node_can_be_a_volume_and_works)
{
	struct volume_source source = plain;
	auto_close int root = FD_NONE;
	auto_close int tree = FD_NONE;
	auto_close int fd = FD_NONE;

	fixture_make_world();
	check_int(mknod("/tmp/outside/node", S_IFCHR | 0600, makedev(1, 3)), 0);
	root = fixture_prepare_root();
	source.path = "/tmp/outside/node";
	tree = show(&source, root, "node");
	fd = open("/tmp/root/node", O_WRONLY | O_CLOEXEC);
	check_int(write(fd, "x", 1), 1);
}

TEST(a_device_node_inside_a_volume_does_not_work)
{
	auto_close int root = FD_NONE;
	auto_close int tree = FD_NONE;

	fixture_make_world();
	check_int(mknod("/tmp/outside/node", S_IFCHR | 0600, makedev(1, 3)), 0);
	root = fixture_prepare_root();
	tree = show(&plain, root, "data");
	check_int(open("/tmp/root/data/node", O_RDONLY | O_CLOEXEC), -1);
	check_int(errno, EACCES);
}

TEST(a_missing_source_names_volume_and_path)
{
	struct volume_source source = plain;
	struct error err = { 0 };
	int tree = 12345;

	fixture_make_world();
	source.path = "/tmp/outside/no/such";
	check_int(volume_open_host(&source, &tree, &err), -ENOENT);
	check_text(err.text,
		   "volume data: opening /tmp/outside/no/such: No such file or directory");
	source.path = "tmp/outside";
	check_int(volume_open_host(&source, &tree, &err), -EINVAL);
	check_int(tree, 12345);
}

TEST(a_source_with_a_symlink_that_others_can_turn_is_refused)
{
	struct volume_source source = plain;
	struct error err = { 0 };
	int tree = 12345;

	fixture_make_world();
	check_int(chmod("/tmp", 01777), 0);
	check_int(symlink("outside", "/tmp/link"), 0);
	fixture_make_directory("/tmp/outside/dir");
	source.path = "/tmp/link";
	check_int(volume_open_host(&source, &tree, &err), -ELOOP);
	source.path = "/tmp/link/dir";
	check_int(volume_open_host(&source, &tree, &err), -ELOOP);
	check_contains(err.text,
		       "volume data: opening /tmp/link/dir: a symbolic link is in the way");
	check_int(tree, 12345);
}

TEST(a_target_cannot_lead_outside)
{
	auto_close int root = FD_NONE;
	auto_close int a = FD_NONE;
	auto_close int b = FD_NONE;

	fixture_make_world();
	fixture_make_directory("/tmp/secret");
	check_int(symlink("/tmp/secret", "/tmp/root/absolute"), 0);
	check_int(symlink("../../../tmp/secret", "/tmp/root/relative"), 0);
	root = fixture_prepare_root();
	a = show(&plain, root, "absolute/a");
	b = show(&plain, root, "../relative/../../b");
	check_int(fixture_count_mounts(" /tmp/secret"), 0);
	check_int(fixture_count_mounts(" /tmp/root/tmp/secret/a "), 1);
	check_int(rmdir("/tmp/secret"), 0);
}

TEST(a_directory_over_a_file_is_refused)
{
	auto_close int root = FD_NONE;
	auto_close int tree = FD_NONE;
	struct error err = { 0 };

	fixture_make_world();
	fixture_write("/tmp/root/file", "");
	root = fixture_prepare_root();
	check_ok(volume_open_host(&plain, &tree, &err), &err);
	check_int(volume_attach(tree, root, "/file", &err), -ENOTDIR);
	check_text(err.text, "mounting /file: making the directory /file: Not a directory");
}

/* In a namespace that is a slave of one where everything is shared, as under systemd. */
static int enter_slave_namespace(void)
{
	struct error err = { 0 };
	int host;

	fixture_make_world();
	check_int(mount("", "/", NULL, MS_REC | MS_SHARED, NULL), 0);
	host = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	check_int(unshare(CLONE_NEWNS), 0);
	check_ok(root_switch_isolate(MOUNT_TREE_SLAVE, &err), &err);
	return host;
}

TEST(mounts_come_from_the_host_and_none_go_back)
{
	struct volume_source source = plain;
	auto_close int host = enter_slave_namespace();
	auto_close int mine = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	auto_close int root = FD_NONE;
	auto_close int tree = FD_NONE;

	fixture_make_directory("/tmp/outside/app");
	fixture_make_directory("/tmp/outside/host");
	root = fixture_prepare_root();
	source.recursive = true;
	tree = show(&source, root, "data");
	check_int(mount("tmpfs", "/tmp/root/data/app", "tmpfs", 0, NULL), 0);
	check_int(setns(host, CLONE_NEWNS), 0);
	check_int(fixture_count_mounts("/app "), 0);
	check_int(mount("tmpfs", "/tmp/outside/host", "tmpfs", 0, NULL), 0);
	check_int(setns(mine, CLONE_NEWNS), 0);
	check_int(fixture_count_mounts(" /tmp/root/data/host "), 1);
}

TEST(an_empty_volume_is_made_once_and_shared)
{
	struct volume_empty wanted = { .name = "scratch",
				       .owner = { .mode = 01777, .uid = 5, .gid = 6 },
				       .content = FD_NONE,
				       .user_namespace = FD_NONE };
	auto_close int store = FD_NONE;
	auto_close int root = FD_NONE;
	auto_close int first = FD_NONE;
	auto_close int second = FD_NONE;
	struct error err = { 0 };
	struct stat st;

	fixture_make_world();
	store = fixture_open("/tmp/outside");
	root = fixture_prepare_root();
	check_ok(volume_open_empty(store, &wanted, &first, &err), &err);
	check_ok(volume_attach(first, root, "one", &err), &err);
	check_int(stat("/tmp/root/one", &st), 0);
	check_uint(st.st_mode & 07777, 01777);
	check_uint(st.st_uid, 5);
	check_uint(st.st_gid, 6);
	fixture_write("/tmp/root/one/file", "shared");
	wanted.read_only = true;
	check_ok(volume_open_empty(store, &wanted, &second, &err), &err);
	check_ok(volume_attach(second, root, "two", &err), &err);
	fixture_check_content("/tmp/root/two/file", "shared");
	check_int(mkdir("/tmp/root/two/new", 0755), -1);
	check_int(errno, EROFS);
}

TEST(a_volume_can_start_as_a_directory)
{
	struct volume_empty wanted = { .name = "data",
				       .owner = { .mode = 0755 },
				       .user_namespace = FD_NONE };
	auto_close int store = FD_NONE;
	auto_close int root = FD_NONE;
	auto_close int content = FD_NONE;
	auto_close int first = FD_NONE;
	auto_close int second = FD_NONE;
	struct error err = { 0 };
	struct stat st;

	fixture_make_world();
	fixture_make_directory("/tmp/outside/image");
	fixture_make_directory("/tmp/outside/store");
	fixture_write("/tmp/outside/image/file", "of the image");
	check_int(symlink("/etc/passwd", "/tmp/outside/image/link"), 0);
	check_int(chown("/tmp/outside/image", 5, 6), 0);
	check_int(chmod("/tmp/outside/image", 01770), 0);
	store = fixture_open("/tmp/outside/store");
	content = open("/tmp/outside/image", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	wanted.content = content;
	root = fixture_prepare_root();
	check_ok(volume_open_empty(store, &wanted, &first, &err), &err);
	check_ok(volume_attach(first, root, "one", &err), &err);
	check_int(stat("/tmp/root/one", &st), 0);
	check_uint(st.st_mode & 07777, 01770);
	check_uint(st.st_uid, 5);
	fixture_check_content("/tmp/root/one/file", "of the image");
	check_int(lstat("/tmp/root/one/link", &st), 0);
	check_true(S_ISLNK(st.st_mode));
	fixture_write("/tmp/root/one/file", "changed");
	fixture_check_content("/tmp/outside/image/file", "of the image");
	check_ok(volume_open_empty(store, &wanted, &second, &err), &err);
	check_ok(volume_attach(second, root, "two", &err), &err);
	fixture_check_content("/tmp/root/two/file", "changed");
	check_text(err.text, "");
}

TEST(an_empty_volume_has_a_plain_name)
{
	struct volume_empty wanted = { .name = "../x",
				       .content = FD_NONE,
				       .user_namespace = FD_NONE };
	auto_close int store = FD_NONE;
	struct error err = { 0 };
	int tree = 12345;

	fixture_make_world();
	store = fixture_open("/tmp/outside");
	check_int(volume_open_empty(store, &wanted, &tree, &err), -EINVAL);
	wanted.name = "..";
	check_int(volume_open_empty(store, &wanted, &tree, &err), -EINVAL);
	check_text(err.text, "volume ..: not a plain name");
	check_int(tree, 12345);
}

TEST(owners_are_shown_as_a_user_namespace_maps_them)
{
	struct volume_source source = plain;
	auto_close int users = FD_NONE;
	auto_close int root = FD_NONE;
	auto_close int tree = FD_NONE;
	struct error err = { 0 };
	struct stat st;

	fixture_make_world();
	if (user_map_new_namespace(&(struct user_map){ 100000, 65536 }, &users, &err) < 0)
		test_skip(err.text);
	root = fixture_prepare_root();
	source.user_namespace = users;
	check_ok(volume_open_host(&source, &tree, &err), &err);
	check_ok(volume_attach(tree, root, "data", &err), &err);
	check_int(stat("/tmp/root/data", &st), 0);
	check_uint(st.st_uid, 100000);
	check_uint(st.st_gid, 100000);
	check_int(stat("/tmp/outside", &st), 0);
	check_uint(st.st_uid, 0);
}

/* Swaps what the target leads through, as an app with the same volume could. */
static pid_t start_swapper(void)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		(void)renameat2(AT_FDCWD, "/tmp/outside/a", AT_FDCWD, "/tmp/outside/b",
				RENAME_EXCHANGE);
}

TEST(a_target_racing_in_a_shared_volume_stays_inside)
{
	auto_close int root = FD_NONE;
	auto_close int volume = FD_NONE;
	pid_t swapper;
	int attached = 0;

	fixture_make_world();
	fixture_make_directory("/tmp/secret");
	fixture_make_directory("/tmp/outside/a");
	check_int(symlink("/tmp/secret", "/tmp/outside/b"), 0);
	root = fixture_prepare_root();
	volume = show(&plain, root, "data");
	swapper = start_swapper();
	for (int i = 0; i < 500; i++) {
		auto_close int tree = FD_NONE;
		struct error err = { 0 };
		char target[32];

		(void)snprintf(target, sizeof(target), "data/a/%d", i);
		check_ok(volume_open_host(&plain, &tree, &err), &err);
		attached += volume_attach(tree, root, target, &err) == 0;
	}
	check_int(kill(swapper, SIGKILL), 0);
	check_int(waitpid(swapper, NULL, 0), swapper);
	check_int(fixture_count_mounts(" /tmp/secret"), 0);
	check_int(rmdir("/tmp/secret"), 0);
	ck_assert_int_gt(attached, 0);
}
