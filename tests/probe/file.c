/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/probe/probe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "common/base/cleanup.h"

static int cat(int argc, char **argv)
{
	(void)argc;
	return probe_cat(argv[0]);
}

static int put(char **argv, int flags)
{
	auto_close int fd = open(argv[0], O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0644);

	if (fd < 0)
		return probe_fail(argv[0]);
	return probe_write(fd, argv[1], strlen(argv[1]));
}

static int write_file(int argc, char **argv)
{
	(void)argc;
	return put(argv, O_TRUNC);
}

static int append(int argc, char **argv)
{
	(void)argc;
	return put(argv, O_APPEND);
}

/* No two bytes in a row the same, so that nothing becomes a hole. */
static int fill_file(int argc, char **argv)
{
	static char mebibyte[1 << 20];
	auto_close int fd = open(argv[0], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	uint32_t n = probe_number(argv[1], 4096);

	(void)argc;
	if (fd < 0)
		return probe_fail(argv[0]);
	for (size_t i = 0; i < sizeof(mebibyte); i++)
		mebibyte[i] = (char)(i * 7 + 1);
	for (uint32_t i = 0; i < n; i++) {
		if (write(fd, mebibyte, sizeof(mebibyte)) != (ssize_t)sizeof(mebibyte))
			return probe_fail(argv[0]);
	}
	return fsync(fd) < 0 ? probe_fail(argv[0]) : 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int ls(int argc, char **argv)
{
	struct dirent **names;
	int n;

	(void)argc;
	n = scandir(argv[0], &names, NULL, by_name);
	if (n < 0)
		return probe_fail(argv[0]);
	for (int i = 0; i < n; i++) {
		if (strcmp(names[i]->d_name, ".") != 0 && strcmp(names[i]->d_name, "..") != 0)
			(void)printf("%s\n", names[i]->d_name);
		free(names[i]);
	}
	free(names);
	return 0;
}

static const char *type_name(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return "file";
	case S_IFDIR:
		return "directory";
	case S_IFLNK:
		return "symlink";
	case S_IFCHR:
		return "character";
	case S_IFBLK:
		return "block";
	case S_IFIFO:
		return "fifo";
	default:
		return "socket";
	}
}

static int show_stat(int argc, char **argv)
{
	struct stat st;

	(void)argc;
	if (lstat(argv[0], &st) < 0)
		return probe_fail(argv[0]);
	(void)printf("type=%s mode=%04o uid=%u gid=%u size=%lld", type_name(st.st_mode),
		     st.st_mode & 07777U, st.st_uid, st.st_gid, (long long)st.st_size);
	if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
		(void)printf(" device=%u:%u", major(st.st_rdev), minor(st.st_rdev));
	(void)printf("\n");
	return 0;
}

static int show_link(int argc, char **argv)
{
	char target[4096];
	ssize_t n = readlink(argv[0], target, sizeof(target));

	(void)argc;
	if (n < 0)
		return probe_fail(argv[0]);
	(void)printf("%.*s\n", (int)n, target);
	return 0;
}

static int exists(int argc, char **argv)
{
	(void)argc;
	return faccessat(AT_FDCWD, argv[0], F_OK, AT_SYMLINK_NOFOLLOW) == 0 ? 0 : 1;
}

static int make_directory(int argc, char **argv)
{
	(void)argc;
	return mkdir(argv[0], 0755) < 0 ? probe_fail(argv[0]) : 0;
}

static int make_socket(int argc, char **argv)
{
	(void)argc;
	return mknod(argv[0], S_IFSOCK | 0644, 0) < 0 ? probe_fail(argv[0]) : 0;
}

static int make_node(int argc, char **argv)
{
	mode_t type = argv[0][0] == 'b' ? S_IFBLK : S_IFCHR;
	dev_t device = makedev(probe_number(argv[1], 4095), probe_number(argv[2], 0xfffff));

	(void)argc;
	return mknod(argv[3], type | 0666, device) < 0 ? probe_fail(argv[3]) : 0;
}

static int remove_file(int argc, char **argv)
{
	(void)argc;
	return remove(argv[0]) < 0 ? probe_fail(argv[0]) : 0;
}

static int access_as(const char *path, int flags)
{
	auto_close int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char byte;

	if (fd >= 0 && (flags == O_WRONLY || read(fd, &byte, 1) >= 0))
		return 0;
	return errno;
}

/* "read=ok write=EROFS": what can really be done, not what the mode says. */
static int try_access(int argc, char **argv)
{
	int reading = access_as(argv[0], O_RDONLY), writing = access_as(argv[0], O_WRONLY);

	(void)argc;
	(void)printf("read=%s write=%s\n", reading == 0 ? "ok" : strerrorname_np(reading),
		     writing == 0 ? "ok" : strerrorname_np(writing));
	return 0;
}

static int wait_for(int argc, char **argv)
{
	(void)argc;
	for (uint32_t left_ms = probe_number(argv[1], 600) * 1000; left_ms > 0; left_ms -= 10) {
		if (faccessat(AT_FDCWD, argv[0], F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			return 0;
		(void)usleep(10000);
	}
	errno = ETIMEDOUT;
	return probe_fail(argv[0]);
}

const struct probe_command file_commands[] = {
	{ "cat", "FILE", "print a file", 1, 1, cat },
	{ "write", "FILE TEXT", "make a file with this text", 2, 2, write_file },
	{ "fill", "FILE MIB", "make a file of so many mebibytes", 2, 2, fill_file },
	{ "append", "FILE TEXT", "add text to a file", 2, 2, append },
	{ "ls", "DIRECTORY", "names, sorted, one a line", 1, 1, ls },
	{ "stat", "PATH", "type, mode, owner, size; no link followed", 1, 1, show_stat },
	{ "readlink", "PATH", "where a symbolic link points", 1, 1, show_link },
	{ "exists", "PATH", "status 0 or 1", 1, 1, exists },
	{ "mkdir", "PATH", "make a directory", 1, 1, make_directory },
	{ "mknod", "c|b MAJOR MINOR PATH", "make a device node", 4, 4, make_node },
	{ "make-socket", "PATH", "make a socket that nobody listens to", 1, 1, make_socket },
	{ "remove", "PATH", "remove a file or an empty directory", 1, 1, remove_file },
	{ "access", "PATH", "try to read and to open for writing", 1, 1, try_access },
	{ "wait-for", "PATH SECONDS", "until a file is there", 2, 2, wait_for },
	{ 0 },
};
