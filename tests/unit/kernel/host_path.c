/* SPDX-License-Identifier: Apache-2.0 */
#include "common/kernel/host_path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "tests/unit/test.h"

/* A tmpfs of ours at /mnt, which root alone can write, with real/dir and links to it. */
static void make_world(void)
{
	test_enter_mount_namespace();
	check_int(mount("tmpfs", "/mnt", "tmpfs", 0, "mode=0755"), 0);
	check_int(mkdir("/mnt/real", 0755), 0);
	check_int(mkdir("/mnt/real/dir", 0755), 0);
	check_int(symlink("/mnt/real", "/mnt/absolute"), 0);
	check_int(symlink("real/../real/", "/mnt/relative"), 0);
	check_int(symlink("absolute/dir", "/mnt/twice"), 0);
}

static void check_opens(const char *path, const char *place)
{
	auto_close int fd = FD_NONE;
	struct error err = { 0 };
	struct stat got, want;

	check_ok(host_path_open(path, &fd, &err), &err);
	check_int(fstat(fd, &got), 0);
	check_int(stat(place, &want), 0);
	check_true(got.st_ino == want.st_ino && got.st_dev == want.st_dev);
	check_int(fcntl(fd, F_GETFD), FD_CLOEXEC);
	check_text(err.text, "");
}

static void check_refuses(const char *path, int code)
{
	struct error err = { 0 };
	int fd = 12345;

	check_int(host_path_open(path, &fd, &err), -code);
	check_contains(err.text, path);
	check_int(fd, 12345);
}

TEST(paths_without_links_are_opened_as_they_are)
{
	make_world();
	check_opens("/mnt/real/dir", "/mnt/real/dir");
	check_opens("/mnt/real/dir/", "/mnt/real/dir");
	check_opens("/", "/");
	check_refuses("/mnt/gone", ENOENT);
	check_refuses("mnt", EINVAL);
}

TEST(links_of_root_are_followed_where_root_alone_can_write)
{
	make_world();
	check_opens("/mnt/absolute/dir", "/mnt/real/dir");
	check_opens("/mnt/relative/", "/mnt/real");
	check_opens("/mnt//./twice", "/mnt/real/dir");
	check_opens("/mnt/twice/..", "/mnt/real");
	check_refuses("/mnt/absolute/gone", ENOENT);
}

TEST(links_of_others_are_not)
{
	make_world();
	check_int(lchown("/mnt/absolute", 1000, 1000), 0);
	check_refuses("/mnt/absolute", ELOOP);
	check_refuses("/mnt/twice", ELOOP);
	check_opens("/mnt/relative", "/mnt/real");
}

TEST(nor_are_any_in_or_below_a_directory_that_others_can_write)
{
	make_world();
	check_int(symlink("dir", "/mnt/real/link"), 0);
	check_opens("/mnt/real/link", "/mnt/real/dir");
	check_int(chmod("/mnt", 01777), 0);
	check_refuses("/mnt/absolute", ELOOP);
	check_refuses("/mnt/real/link", ELOOP);
	check_int(chmod("/mnt", 0755), 0);
	check_int(chown("/mnt/real", 1000, 0), 0);
	check_refuses("/mnt/real/link", ELOOP);
	check_refuses("/mnt/absolute/link", ELOOP);
	check_opens("/mnt/absolute/dir", "/mnt/real/dir");
}

TEST(a_loop_ends)
{
	make_world();
	check_int(symlink("loop", "/mnt/loop"), 0);
	check_refuses("/mnt/loop", ELOOP);
}
