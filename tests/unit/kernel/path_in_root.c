/* SPDX-License-Identifier: Apache-2.0 */
#include "common/kernel/path_in_root.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "tests/unit/test.h"

static const struct path_owner plain = { .mode = 0755 };

/*
 * A tmpfs at /tmp of a namespace of our own, with root/ (the hostile tree) and
 * secret/ (what must not be reached) side by side.  Returns root's fd.
 */
static int make_world(void)
{
	int fd;

	test_enter_mount_namespace();
	check_int(mount("tmpfs", "/tmp", "tmpfs", 0, "mode=0755"), 0);
	check_int(mkdir("/tmp/root", 0755), 0);
	check_int(mkdir("/tmp/secret", 0755), 0);
	fd = open("/tmp/root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	check_true(fd >= 0);
	return fd;
}

static void write_file(const char *path, const char *content)
{
	FILE *file = fopen(path, "we");

	ck_assert_ptr_nonnull(file);
	check_true(fputs(content, file) >= 0);
	check_int(fclose(file), 0);
}

static bool same_inode(int fd, const char *path)
{
	struct stat a;
	struct stat b;

	check_int(fstat(fd, &a), 0);
	check_int(stat(path, &b), 0);
	return a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

TEST(an_absolute_symlink_stays_inside)
{
	auto_close int root = make_world();
	auto_close int fd = FD_NONE;
	struct error err = { 0 };

	check_int(mkdir("/tmp/root/tmp", 0755), 0);
	check_int(mkdir("/tmp/root/tmp/secret", 0755), 0);
	check_int(symlink("/tmp/secret", "/tmp/root/link"), 0);
	check_ok(path_open(root, "/link", O_PATH, &fd, &err), &err);
	check_true(same_inode(fd, "/tmp/root/tmp/secret"));
}

TEST(dots_end_at_the_root)
{
	auto_close int root = make_world();
	auto_close int fd = FD_NONE;
	struct error err = { 0 };

	check_ok(path_open(root, "../../..", O_PATH, &fd, &err), &err);
	check_true(same_inode(fd, "/tmp/root"));
}

TEST(the_empty_path_and_slash_are_the_root)
{
	auto_close int root = make_world();
	auto_close int a = FD_NONE;
	auto_close int b = FD_NONE;
	struct error err = { 0 };

	check_ok(path_open(root, "", O_PATH, &a, &err), &err);
	check_ok(path_open(root, "/", O_PATH, &b, &err), &err);
	check_true(same_inode(a, "/tmp/root"));
	check_true(same_inode(b, "/tmp/root"));
	check_true((fcntl(a, F_GETFD) & FD_CLOEXEC) != 0);
}

TEST(a_magic_link_is_refused)
{
	auto_close int root = make_world();
	struct error err = { 0 };
	int fd = 12345;

	check_int(mkdir("/tmp/root/proc", 0755), 0);
	check_int(mount("/proc", "/tmp/root/proc", NULL, MS_BIND, NULL), 0);
	check_int(symlink("/proc/self/root/tmp/secret", "/tmp/root/out"), 0);
	check_int(path_open(root, "proc/self/root", O_PATH, &fd, &err), -ELOOP);
	check_int(path_open(root, "out", O_PATH, &fd, &err), -ELOOP);
	check_int(path_make_directory(root, "out/new", &plain, &fd, &err), -ELOOP);
	check_int(fd, 12345);
}

TEST(a_missing_path_is_named)
{
	auto_close int root = make_world();
	struct error err = { 0 };
	int fd = 12345;

	check_int(path_open(root, "no/such", O_PATH, &fd, &err), -ENOENT);
	check_text(err.text, "opening no/such: No such file or directory");
	check_int(fd, 12345);
}

TEST(a_host_path_with_a_symlink_is_refused)
{
	auto_close int good = FD_NONE;
	struct error err = { 0 };
	int fd = 12345;

	cleanup_close(&(int){ make_world() });
	check_int(symlink("/tmp/secret", "/tmp/link"), 0);
	check_int(mkdir("/tmp/secret/dir", 0755), 0);
	check_int(path_open_no_symlinks(AT_FDCWD, "/tmp/link/dir", O_PATH, &fd, &err), -ELOOP);
	check_text(err.text, "opening /tmp/link/dir: a symbolic link is in the way");
	check_int(path_open_no_symlinks(AT_FDCWD, "/tmp/link", O_PATH, &fd, &err), -ELOOP);
	check_int(fd, 12345);
	check_ok(path_open_no_symlinks(AT_FDCWD, "/tmp/secret/dir", O_PATH, &good, &err), &err);
}

TEST(directories_are_made_with_their_parents)
{
	auto_close int root = make_world();
	auto_close int fd = FD_NONE;
	struct path_owner owner = { .mode = 01777, .uid = 7, .gid = 8 };
	struct error err = { 0 };
	struct stat st;

	(void)umask(077);
	check_ok(path_make_directory(root, "/a//b/./c", &owner, &fd, &err), &err);
	check_int(stat("/tmp/root/a/b/c", &st), 0);
	check_true(same_inode(fd, "/tmp/root/a/b/c"));
	check_uint(st.st_mode & 07777, 01777);
	check_uint(st.st_uid, 7);
	check_uint(st.st_gid, 8);
	check_int(stat("/tmp/root/a/b", &st), 0);
	check_uint(st.st_mode & 07777, 0755);
	check_uint(st.st_uid, 0);
}

TEST(an_existing_directory_keeps_its_owner)
{
	auto_close int root = make_world();
	auto_close int fd = FD_NONE;
	struct path_owner owner = { .mode = 0700, .uid = 7, .gid = 8 };
	struct error err = { 0 };
	struct stat st;

	check_int(mkdir("/tmp/root/a", 0755), 0);
	check_ok(path_make_directory(root, "a", &owner, &fd, &err), &err);
	check_int(fstat(fd, &st), 0);
	check_uint(st.st_mode & 07777, 0755);
	check_uint(st.st_uid, 0);
}

TEST(a_dangling_symlink_is_completed_inside)
{
	auto_close int root = make_world();
	auto_close int absolute = FD_NONE;
	auto_close int relative = FD_NONE;
	struct error err = { 0 };

	check_int(symlink("/tmp/secret/stolen", "/tmp/root/x"), 0);
	check_int(mkdir("/tmp/root/var", 0755), 0);
	check_int(symlink("../../../run", "/tmp/root/var/run"), 0);
	check_ok(path_make_directory(root, "x/y", &plain, &absolute, &err), &err);
	check_true(same_inode(absolute, "/tmp/root/tmp/secret/stolen/y"));
	check_ok(path_make_directory(root, "var/run/app", &plain, &relative, &err), &err);
	check_true(same_inode(relative, "/tmp/root/run/app"));
	check_int(access("/tmp/secret/stolen", F_OK), -1);
}

TEST(symlinks_in_a_circle_end)
{
	auto_close int root = make_world();
	struct error err = { 0 };
	int fd = 12345;

	check_int(symlink("b", "/tmp/root/a"), 0);
	check_int(symlink("a", "/tmp/root/b"), 0);
	check_int(path_make_directory(root, "a/c", &plain, &fd, &err), -ELOOP);
	check_int(path_make_file(root, "a", &plain, &fd, &err), -ELOOP);
	check_int(fd, 12345);
}

TEST(a_file_in_the_way_of_a_directory_is_an_error)
{
	auto_close int root = make_world();
	struct error err = { 0 };
	int fd = 12345;

	write_file("/tmp/root/file", "");
	check_int(path_make_directory(root, "file", &plain, &fd, &err), -ENOTDIR);
	check_int(path_make_directory(root, "file/below", &plain, &fd, &err), -ENOTDIR);
	check_int(path_make_file(root, "/", &plain, &fd, &err), -EISDIR);
	check_contains(err.text, "making the file /: Is a directory");
	check_int(fd, 12345);
}

TEST(a_file_is_made_empty_where_its_symlink_says)
{
	auto_close int root = make_world();
	auto_close int fd = FD_NONE;
	struct error err = { 0 };
	struct stat st;

	check_int(mkdir("/tmp/root/etc", 0755), 0);
	check_int(symlink("../run/resolve/stub", "/tmp/root/etc/resolv.conf"), 0);
	check_ok(path_make_file(root, "etc/resolv.conf", &(struct path_owner){ .mode = 0644 }, &fd,
				&err),
		 &err);
	check_int(lstat("/tmp/root/run/resolve/stub", &st), 0);
	check_true(S_ISREG(st.st_mode));
	check_int(st.st_size, 0);
	check_true(same_inode(fd, "/tmp/root/run/resolve/stub"));
}

TEST(an_over_long_path_is_refused)
{
	auto_close int root = make_world();
	auto_free char *path = malloc(10001);
	struct error err = { 0 };
	int fd = 12345;

	ck_assert_ptr_nonnull(path);
	memset(path, 'a', 10000);
	path[10000] = '\0';
	check_int(path_make_directory(root, path, &plain, &fd, &err), -ENAMETOOLONG);
	path[300] = '\0';
	check_int(path_make_directory(root, path, &plain, &fd, &err), -ENAMETOOLONG);
	check_int(fd, 12345);
}

TEST(a_symlink_or_file_called_proc_is_replaced)
{
	auto_close int root = make_world();
	auto_close int proc = FD_NONE;
	auto_close int dev = FD_NONE;
	auto_close int sys = FD_NONE;
	struct error err = { 0 };
	struct stat st;

	check_int(symlink("/", "/tmp/root/proc"), 0);
	write_file("/tmp/root/dev", "x");
	check_ok(path_replace_with_directory(root, "proc", &proc, &err), &err);
	check_ok(path_replace_with_directory(root, "dev", &dev, &err), &err);
	check_ok(path_replace_with_directory(root, "sys", &sys, &err), &err);
	check_int(lstat("/tmp/root/proc", &st), 0);
	check_true(S_ISDIR(st.st_mode));
	check_true(same_inode(proc, "/tmp/root/proc"));
	check_true(same_inode(dev, "/tmp/root/dev"));
	check_true(same_inode(sys, "/tmp/root/sys"));
}

TEST(only_a_plain_name_is_replaced)
{
	auto_close int root = make_world();
	struct error err = { 0 };
	int fd = 12345;

	check_int(path_replace_with_directory(root, "..", &fd, &err), -EINVAL);
	check_int(path_replace_with_directory(root, "a/b", &fd, &err), -EINVAL);
	check_int(path_replace_with_directory(root, "", &fd, &err), -EINVAL);
	check_int(path_replace_symlink(root, "../secret", "x", &err), -EINVAL);
	check_int(fd, 12345);
}

TEST(a_symlink_replaces_a_file_but_no_directory)
{
	auto_close int root = make_world();
	struct error err = { 0 };
	char target[16] = "";

	write_file("/tmp/root/a", "x");
	check_int(mkdir("/tmp/root/d", 0755), 0);
	check_ok(path_replace_symlink(root, "a", "one", &err), &err);
	check_ok(path_replace_symlink(root, "a", "two", &err), &err);
	check_int(readlink("/tmp/root/a", target, sizeof(target) - 1), 3);
	check_text(target, "two");
	check_int(path_replace_symlink(root, "d", "one", &err), -EISDIR);
}

TEST(only_regular_files_of_bounded_size_are_read)
{
	auto_close int root = make_world();
	auto_text struct text text = { 0 };
	struct error err = { 0 };

	check_int(mkdir("/tmp/root/etc", 0755), 0);
	write_file("/tmp/root/etc/passwd", "root:x:0:0\n");
	check_int(mkfifo("/tmp/root/fifo", 0644), 0);
	check_int(path_read_file(root, "fifo", 100, &text, &err), -EINVAL);
	check_contains(err.text, "not a regular file");
	check_int(path_read_file(root, "etc", 100, &text, &err), -EINVAL);
	check_int(path_read_file(root, "etc/passwd", 10, &text, &err), -EFBIG);
	text_reset(&text);
	check_ok(path_read_file(root, "etc/passwd", 11, &text, &err), &err);
	check_text(text_string(&text), "root:x:0:0\n");
}

TEST(the_host_passwd_is_not_read_through_a_symlink)
{
	auto_close int root = make_world();
	auto_text struct text text = { 0 };
	struct error err = { 0 };
	struct stat st = { .st_size = 99 };

	check_int(symlink("/etc/passwd", "/tmp/root/passwd"), 0);
	check_int(path_read_file(root, "passwd", 100000, &text, &err), -ENOENT);
	check_int(path_stat(root, "passwd", &st, &err), -ENOENT);
	check_int(st.st_size, 99);
	check_ok(path_stat(root, "/", &st, &err), &err);
	check_true(S_ISDIR(st.st_mode));
}

/* Swaps a directory of the root for a symlink to the outside, as fast as it can. */
static pid_t start_swapper(void)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		(void)renameat2(AT_FDCWD, "/tmp/root/a", AT_FDCWD, "/tmp/root/b", RENAME_EXCHANGE);
}

TEST(a_racing_rename_never_leads_outside)
{
	auto_close int root = make_world();
	pid_t swapper;
	int made = 0;

	check_int(mkdir("/tmp/root/a", 0755), 0);
	check_int(symlink("/tmp/secret", "/tmp/root/b"), 0);
	check_int(mkdir("/tmp/root/tmp", 0755), 0);
	check_int(mkdir("/tmp/root/tmp/secret", 0755), 0);
	swapper = start_swapper();
	for (int i = 0; i < 5000; i++) {
		auto_close int fd = FD_NONE;
		struct error err = { 0 };
		char path[32];

		(void)snprintf(path, sizeof(path), "a/x%d/../y%d", i, i);
		made += path_make_directory(root, path, &plain, &fd, &err) == 0;
	}
	check_int(kill(swapper, SIGKILL), 0);
	check_int(waitpid(swapper, NULL, 0), swapper);
	check_int(rmdir("/tmp/secret"), 0); /* still empty */
	ck_assert_int_gt(made, 0);
}
