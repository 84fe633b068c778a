/* SPDX-License-Identifier: Apache-2.0 */
#include "common/mount/root_defaults.h"

#include "tests/unit/mount/fixture.h"

static void check_made(int root)
{
	struct error err = { 0 };

	check_ok(root_defaults_make(root, &err), &err);
}

static void check_link(const char *path, const char *destination)
{
	char target[64];
	ssize_t n = readlink(path, target, sizeof(target) - 1);

	ck_assert_int_gt(n, 0);
	target[n] = '\0';
	check_text(target, destination);
}

TEST(an_empty_root_gets_all)
{
	auto_close int root = FD_NONE;
	struct stat st;

	fixture_make_world();
	(void)umask(077);
	root = fixture_prepare_root();
	check_made(root);
	check_int(stat("/tmp/root/tmp", &st), 0);
	check_uint(st.st_mode, S_IFDIR | 01777);
	check_int(stat("/tmp/root/etc", &st), 0);
	check_uint(st.st_mode, S_IFDIR | 0755);
	check_link("/tmp/root/etc/mtab", "../proc/self/mounts");
	check_made(root);
}

TEST(what_the_image_has_stays)
{
	auto_close int root = FD_NONE;
	struct stat st;

	fixture_make_world();
	fixture_make_directory("/tmp/root/tmp");
	fixture_make_directory("/tmp/root/etc");
	fixture_write("/tmp/root/etc/mtab", "of the image");
	root = fixture_prepare_root();
	check_made(root);
	check_int(stat("/tmp/root/tmp", &st), 0);
	check_uint(st.st_mode & 07777, 0755);
	fixture_check_content("/tmp/root/etc/mtab", "of the image");
}

TEST(a_link_out_of_the_root_is_taken_inside)
{
	auto_close int root = FD_NONE;

	fixture_make_world();
	check_int(symlink("/tmp/outside", "/tmp/root/etc"), 0);
	root = fixture_prepare_root();
	check_made(root);
	check_int(access("/tmp/outside/mtab", F_OK), -1);
	check_link("/tmp/root/tmp/outside/mtab", "../proc/self/mounts");
}

TEST(a_file_in_the_place_of_a_directory_is_nobody_s_failure)
{
	auto_close int root = FD_NONE;

	fixture_make_world();
	fixture_write("/tmp/root/etc", "a file");
	fixture_write("/tmp/root/tmp", "a file");
	root = fixture_prepare_root();
	check_made(root);
	fixture_check_content("/tmp/root/etc", "a file");
}
