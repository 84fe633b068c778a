/* SPDX-License-Identifier: Apache-2.0 */
#include "common/mount/etc_file.h"

#include "tests/unit/mount/fixture.h"

static const struct etc_file hosts = { .name = "app-hosts",
				       .target = "/etc/hosts",
				       .content = "127.0.0.1 localhost\n" };

static void check_shown(int root, const struct etc_file *file)
{
	auto_close int store = fixture_open("/tmp/outside");
	struct error err = { 0 };

	check_ok(etc_file_show(root, store, file, &err), &err);
}

TEST(it_covers_the_images_file_which_stays_as_it_is)
{
	auto_close int root = FD_NONE;

	fixture_make_world();
	fixture_make_directory("/tmp/root/etc");
	fixture_write("/tmp/root/etc/hosts", "of the image");
	root = fixture_prepare_root();
	check_shown(root, &hosts);
	fixture_check_content("/tmp/root/etc/hosts", "127.0.0.1 localhost\n");
	check_int(umount2("/tmp/root/etc/hosts", MNT_DETACH), 0);
	fixture_check_content("/tmp/root/etc/hosts", "of the image");
}

TEST(a_missing_one_is_made_and_may_be_written)
{
	auto_close int root = FD_NONE;
	struct stat st;

	fixture_make_world();
	(void)umask(077);
	root = fixture_prepare_root();
	check_shown(root, &hosts);
	check_int(stat("/tmp/root/etc/hosts", &st), 0);
	check_uint(st.st_mode & 0777, 0644);
	fixture_write("/tmp/root/etc/hosts", "changed by the app");
	fixture_check_content("/tmp/outside/app-hosts", "changed by the app");
}

TEST(a_read_only_one_cannot_be_written)
{
	struct etc_file file = hosts;
	auto_close int root = FD_NONE;

	fixture_make_world();
	root = fixture_prepare_root();
	file.read_only = true;
	check_shown(root, &file);
	ck_assert_ptr_null(fopen("/tmp/root/etc/hosts", "we"));
	check_int(errno, EROFS);
	check_true((fixture_mount_flags("/tmp/root/etc/hosts") & ST_NOEXEC) != 0);
}

TEST(an_existing_one_wins_when_only_a_missing_one_is_wanted)
{
	struct etc_file file = hosts;
	auto_close int root = FD_NONE;

	fixture_make_world();
	fixture_make_directory("/tmp/root/etc");
	fixture_write("/tmp/root/etc/hosts", "of the image");
	root = fixture_prepare_root();
	file.if_missing = true;
	check_shown(root, &file);
	fixture_check_content("/tmp/root/etc/hosts", "of the image");
	check_int(access("/tmp/outside/app-hosts", F_OK), -1);
	file.target = "/etc/hostname";
	check_shown(root, &file);
	fixture_check_content("/tmp/root/etc/hostname", "127.0.0.1 localhost\n");
}

TEST(a_symlink_to_the_outside_is_taken_inside)
{
	auto_close int root = FD_NONE;

	fixture_make_world();
	fixture_make_directory("/tmp/victim");
	fixture_write("/tmp/victim/hosts", "of the host");
	fixture_make_directory("/tmp/root/etc");
	check_int(symlink("/tmp/victim/hosts", "/tmp/root/etc/hosts"), 0);
	root = fixture_prepare_root();
	check_shown(root, &hosts);
	fixture_check_content("/tmp/victim/hosts", "of the host");
	check_int(fixture_count_mounts(" /tmp/victim"), 0);
	fixture_check_content("/tmp/root/tmp/victim/hosts", "127.0.0.1 localhost\n");
}

TEST(a_directory_of_that_name_is_refused)
{
	auto_close int root = FD_NONE;
	auto_close int store = FD_NONE;
	struct error err = { 0 };

	fixture_make_world();
	fixture_make_directory("/tmp/root/etc");
	fixture_make_directory("/tmp/root/etc/hosts");
	root = fixture_prepare_root();
	store = fixture_open("/tmp/outside");
	check_int(etc_file_show(root, store, &hosts, &err), -EISDIR);
	check_text(err.text, "showing a /etc/hosts: making the file /etc/hosts: Is a directory");
}

TEST(the_store_is_written_by_plain_names_and_past_no_symlink)
{
	struct etc_file file = hosts;
	auto_close int root = FD_NONE;
	auto_close int store = FD_NONE;
	struct error err = { 0 };

	fixture_make_world();
	root = fixture_prepare_root();
	store = fixture_open("/tmp/outside");
	check_int(symlink("/tmp/stolen", "/tmp/outside/app-hosts"), 0);
	check_ok(etc_file_show(root, store, &file, &err), &err);
	fixture_check_content("/tmp/outside/app-hosts", "127.0.0.1 localhost\n");
	file.name = "../stolen";
	check_int(etc_file_show(root, store, &file, &err), -EINVAL);
	check_int(access("/tmp/stolen", F_OK), -1);
}
