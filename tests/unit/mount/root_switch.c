/* SPDX-License-Identifier: Apache-2.0 */
#include "common/mount/root_switch.h"

#include <sched.h>

#include "tests/unit/mount/fixture.h"

TEST(the_root_becomes_everything_there_is)
{
	auto_close int root = FD_NONE;
	struct error err = { 0 };
	char cwd[16] = "";
	struct stat top;
	struct stat above;

	fixture_make_world();
	fixture_write("/tmp/root/here", "x");
	root = fixture_prepare_root();
	check_ok(root_switch_enter(root, &err), &err);
	check_int(access("/here", F_OK), 0);
	check_int(access("/tmp", F_OK), -1);
	ck_assert_ptr_nonnull(getcwd(cwd, sizeof(cwd)));
	check_text(cwd, "/");
	check_int(stat("/", &top), 0);
	check_int(stat("/..", &above), 0);
	check_uint(top.st_ino, above.st_ino);
	fixture_end_without_proc();
}

TEST(no_mount_of_the_host_is_left)
{
	auto_close int proc = FD_NONE;
	auto_close int root = FD_NONE;
	struct error err = { 0 };
	char line[4096];
	FILE *file;

	fixture_make_world();
	proc = fixture_open("/proc");
	root = fixture_prepare_root();
	check_ok(root_switch_enter(root, &err), &err);
	file = fdopen(openat(proc, "self/mountinfo", O_RDONLY | O_CLOEXEC), "re");
	ck_assert_ptr_nonnull(file);
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), file));
	check_contains(line, " / rw,nodev"); /* the new one */
	ck_assert_ptr_null(fgets(line, sizeof(line), file));
	(void)fclose(file);
	fixture_end_without_proc();
}

TEST(a_read_only_root_leaves_what_is_mounted_in_it_writable)
{
	auto_close int root = FD_NONE;
	auto_close int outside = FD_NONE;
	auto_close int tree = FD_NONE;
	struct error err = { 0 };

	fixture_make_world();
	fixture_make_directory("/tmp/root/data");
	root = fixture_prepare_root();
	outside = fixture_open("/tmp/outside");
	check_ok(mount_tree_clone(outside, MOUNT_TREE_TOP, &tree, &err), &err);
	check_ok(mount_tree_attach(tree, root, "data", &err), &err);
	check_ok(root_switch_make_read_only(root, &err), &err);
	check_ok(root_switch_enter(root, &err), &err);
	check_int(mkdir("/new", 0755), -1);
	check_int(errno, EROFS);
	check_int(mkdir("/data/new", 0755), 0);
	fixture_end_without_proc();
}

TEST(the_image_tree_itself_keeps_its_flags)
{
	auto_close int root = FD_NONE;
	struct error err = { 0 };

	fixture_make_world();
	root = fixture_prepare_root();
	check_ok(root_switch_make_read_only(root, &err), &err);
	check_true((fixture_mount_flags("/tmp/root") & ST_RDONLY) != 0);
	check_true((fixture_mount_flags("/tmp/root") & ST_NODEV) != 0);
	check_true((fixture_mount_flags("/tmp") & (ST_RDONLY | ST_NODEV)) == 0);
}

TEST(a_directory_that_is_no_mount_cannot_become_the_root)
{
	auto_close int root = FD_NONE;
	struct error err = { 0 };

	fixture_make_world();
	root = fixture_open("/tmp/root");
	check_int(root_switch_enter(root, &err), -EINVAL);
	check_contains(err.text, "switching to the root");
}

TEST(isolated_mounts_do_not_reach_the_host)
{
	auto_close int host = FD_NONE;
	struct error err = { 0 };

	fixture_make_world();
	check_int(mount("", "/", NULL, MS_REC | MS_SHARED, NULL), 0);
	host = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	check_int(unshare(CLONE_NEWNS), 0);
	check_ok(root_switch_isolate(MOUNT_TREE_SLAVE, &err), &err);
	check_int(fixture_count_mounts("shared:"), 0);
	check_true(fixture_count_mounts("master:") > 0);
	check_int(mount("tmpfs", "/tmp/outside", "tmpfs", 0, NULL), 0);
	check_ok(root_switch_isolate(MOUNT_TREE_PRIVATE, &err), &err);
	check_int(fixture_count_mounts("master:"), 0);
	check_int(setns(host, CLONE_NEWNS), 0);
	check_int(fixture_count_mounts("/tmp/outside"), 0);
}
