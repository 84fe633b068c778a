/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/mount.h>
#include <sys/resource.h>

#include "common/kernel/tree_remove.h"
#include "tests/unit/store/store_fixture.h"

TEST(nothing_is_removed_through_a_symlink)
{
	auto_store_fixture struct store_fixture fixture;
	struct error err = { 0 };

	store_fixture_begin(&fixture);
	check_int(mkdirat(fixture.dir, "victim", 0755), 0);
	put_file(fixture.dir, "victim/precious", "x");
	check_int(mkdirat(fixture.dir, "tree", 0755), 0);
	check_int(symlinkat("../victim", fixture.dir, "tree/link"), 0);
	check_int(symlinkat("victim", fixture.dir, "top"), 0);
	check_ok(tree_remove(fixture.dir, "tree", &err), &err);
	check_ok(tree_remove(fixture.dir, "top", &err), &err);
	check_true(!is_there(&fixture, "tree") && !is_there(&fixture, "top"));
	check_true(is_there(&fixture, "victim/precious"));
}

TEST(a_tree_of_any_depth_is_removed_with_few_descriptors)
{
	auto_store_fixture struct store_fixture fixture;
	const struct rlimit few = { 60, 60 };
	struct error err = { 0 };
	int fd;

	store_fixture_begin(&fixture);
	check_int(mkdirat(fixture.dir, "tree", 0755), 0);
	fd = openat(fixture.dir, "tree", O_PATH | O_CLOEXEC);
	for (int depth = 0; depth < 3000; depth++) {
		int next;

		check_int(mkdirat(fd, "d", 0755), 0);
		next = openat(fd, "d", O_PATH | O_CLOEXEC);
		check_true(next >= 0);
		(void)close(fd);
		fd = next;
	}
	put_file(fd, "bottom", "x");
	(void)close(fd);
	check_int(setrlimit(RLIMIT_NOFILE, &few), 0);
	check_ok(tree_remove(fixture.dir, "tree", &err), &err);
	check_true(!is_there(&fixture, "tree"));
}

TEST(directories_without_permissions_and_special_files_are_removed)
{
	auto_store_fixture struct store_fixture fixture;
	struct error err = { 0 };

	test_need_root();
	store_fixture_begin(&fixture);
	check_int(mkdirat(fixture.dir, "tree", 0755), 0);
	check_int(mkdirat(fixture.dir, "tree/closed", 0), 0);
	put_file(fixture.dir, "tree/closed/file", "x");
	check_int(mknodat(fixture.dir, "tree/fifo", S_IFIFO | 0644, 0), 0);
	check_int(mknodat(fixture.dir, "tree/null", S_IFCHR | 0644, 0x103), 0);
	check_ok(tree_remove(fixture.dir, "tree", &err), &err);
	check_true(!is_there(&fixture, "tree"));
}

TEST(a_mounted_file_system_is_left_alone)
{
	auto_store_fixture struct store_fixture fixture;
	struct error err = { 0 };
	char place[64];

	test_need_root();
	test_enter_mount_namespace();
	store_fixture_begin(&fixture);
	check_int(mkdirat(fixture.dir, "tree", 0755), 0);
	check_int(mkdirat(fixture.dir, "tree/mounted", 0755), 0);
	(void)snprintf(place, sizeof(place), "%s/tree/mounted", fixture.path);
	check_int(mount("none", place, "tmpfs", 0, NULL), 0);
	put_file(fixture.dir, "tree/mounted/precious", "x");
	check_true(tree_remove(fixture.dir, "tree", &err) < 0);
	check_contains(err.text, "mounted");
	check_true(is_there(&fixture, "tree/mounted/precious"));
	check_int(umount(place), 0);
}

TEST(what_is_not_there_is_removed)
{
	auto_store_fixture struct store_fixture fixture;
	struct error err = { 0 };

	store_fixture_begin(&fixture);
	check_ok(tree_remove(fixture.dir, "nothing", &err), &err);
}
