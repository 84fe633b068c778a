/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/store/store_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/process/child.h"
#include "common/process/exit_status.h"
#include "stage0/store/disk_source.h"
#include "stage0/store/store_place.h"

#define DISK     "disk." STORE_DISK_FORMAT
#define DISK_NEW ".disk.new"

/* The same bytes whenever one is made: nobody looks for a disk by its identity, and no file of an
 * image is younger than this, in seconds since 1970, to which mkfs.erofs would set it. */
#define IDENTITY "-U6d1b2f4e-0c5a-4e0b-9d3c-5f7e8a9b0c1d"
#define LATEST   "253402300799"

/* Beyond the numbers that the child's program is given. */
enum { CHILD_LOG = 9, CHILD_LOCK, CHILD_FREE };

#define COMPARED_BYTES ((size_t)256 << 10)

/* Most bytes of what mkfs.erofs said that are looked at. */
enum { SAID_SIZE = 4096 };

static const char *const programs[] = { "/usr/bin/mkfs.erofs", "/usr/sbin/mkfs.erofs",
					"/usr/local/bin/mkfs.erofs" };

static int open_disk(int tree, int *ret_fd, struct error *err)
{
	auto_close int fd = openat(tree, DISK, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return error_from_errno(err, "opening %s", DISK);
	*ret_fd = take_fd(&fd);
	return 1;
}

/* The file on its way, locked; -EAGAIN: who had it is done with it, look again. */
static int begin(int tree, int *ret_fd, struct error *err)
{
	auto_close int fd = openat(tree, DISK_NEW, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct stat locked, named;

	if (fd < 0)
		return error_from_errno(err, "making %s", DISK_NEW);
	while (flock(fd, LOCK_EX) < 0)
		if (errno != EINTR)
			return error_from_errno(err, "locking %s", DISK_NEW);
	if (fstat(fd, &locked) < 0)
		return error_from_errno(err, "locking %s", DISK_NEW);
	if (fstatat(tree, DISK_NEW, &named, AT_SYMLINK_NOFOLLOW) < 0 ||
	    named.st_ino != locked.st_ino || named.st_dev != locked.st_dev)
		return -EAGAIN;
	if (ftruncate(fd, 0) < 0)
		return error_from_errno(err, "emptying %s", DISK_NEW);
	*ret_fd = take_fd(&fd);
	return 0;
}

/* In the child: the lock stays with it, its words go to the log. */
static int set_up(int tree, int lock, int log, struct error *err)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	lock = fcntl(lock, F_DUPFD_CLOEXEC, CHILD_FREE);
	log = fcntl(log, F_DUPFD_CLOEXEC, CHILD_FREE);
	if (fchdir(tree) < 0 || null < 0 || lock < 0 || log < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0 ||
	    dup2(lock, CHILD_LOCK) < 0)
		return error_from_errno(err, "preparing mkfs.erofs");
	return 0;
}

static void execute(struct child_report *report, int tree, int lock, int log, const char *program)
{
	const char *arguments[] = { "mkfs.erofs", "--quiet", "-Enoinline_data", IDENTITY, DISK_NEW,
				    NULL,         NULL };
	char *const environment[] = { (char *)"LC_ALL=C", (char *)"SOURCE_DATE_EPOCH=" LATEST,
				      NULL };
	struct error mine = { 0 }, ignored = { 0 };

	child_report_enter(report);
	if (set_up(tree, lock, log, &mine) == 0 && child_die_with_parent(report, &mine) == 0) {
		/* Without it a machine adds what is missing, each time. */
		result_ignored(disk_source_make(&arguments[5], &ignored));
		(void)child_report_send(report, &mine);
		(void)execve(program, (char *const *)(uintptr_t)arguments, environment);
		(void)error_from_errno(&mine, "executing %s", program);
	}
	(void)child_report_send(report, &mine);
	_exit(EXIT_FAILURE);
}

/* The last line that it said; it knows what went wrong, its exit status does not. */
static int tell_failure(int log, int status, struct error *err)
{
	char said[SAID_SIZE + 1] = "";
	off_t end = lseek(log, 0, SEEK_END);
	off_t from = end > SAID_SIZE ? end - SAID_SIZE : 0;
	ssize_t n = pread(log, said, SAID_SIZE, from);
	char *line;

	said[n > 0 ? n : 0] = '\0';
	for (size_t i = strlen(said); i > 0 && said[i - 1] == '\n'; i--)
		said[i - 1] = '\0';
	if (strstr(said, "No space left on device") != NULL)
		return error_set(err, ENOSPC, "mkfs.erofs: %s", strerror(ENOSPC));
	line = strrchr(said, '\n');
	line = line == NULL ? said : line + 1;
	for (char *at = line; *at != '\0'; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = '?';
	return error_set(err, EIO, "mkfs.erofs ended with status %d: %.200s", status, line);
}

static int wait_for_result(struct child *child, int log, struct error *err)
{
	int wait_status, status;
	int r = child_wait(child, &wait_status, err);

	if (r < 0)
		return r;
	status = exit_status_of(wait_status);
	if (status != 0)
		return tell_failure(log, status, err);
	return 0;
}

static int run_program(int tree, int lock, const char *program, struct error *err)
{
	static const struct child_options options = { .cgroup_fd = FD_NONE };
	auto_close int log = memfd_create("mkfs.erofs", MFD_CLOEXEC);
	auto_report struct child_report report = CHILD_REPORT_NONE;
	auto_child struct child child = CHILD_NONE;
	int r;

	if (log < 0)
		return error_from_errno(err, "making a log");
	r = child_report_open(&report, err);
	if (r == 0)
		r = child_start(&options, &child, err);
	if (r < 0)
		return r;
	if (r == 0)
		execute(&report, tree, lock, log, program);
	r = child_wait_exec(&report, &child, err);
	return r < 0 ? r : wait_for_result(&child, log, err);
}

/* mkfs.erofs writes into the file that is locked; another one would have no owner. */
static int finish(int tree, int lock, struct error *err)
{
	struct stat named, locked;

	if (fstatat(tree, DISK_NEW, &named, AT_SYMLINK_NOFOLLOW) < 0 || fstat(lock, &locked) < 0)
		return error_from_errno(err, "looking at %s", DISK_NEW);
	if (named.st_ino != locked.st_ino || named.st_size == 0)
		return error_set(err, EIO, "mkfs.erofs made no file system");
	if (fchmod(lock, 0400) < 0 || fsync(lock) < 0)
		return error_from_errno(err, "writing %s", DISK_NEW);
	if (renameat(tree, DISK_NEW, tree, DISK) < 0)
		return error_from_errno(err, "renaming %s", DISK_NEW);
	return 0;
}

static int make(int tree, const char *program, struct error *err)
{
	auto_close int lock = FD_NONE, found = FD_NONE;
	int r = begin(tree, &lock, err);

	if (r < 0)
		return r;
	/* Somebody finished between our look and our lock. */
	r = open_disk(tree, &found, err);
	if (r == 0)
		r = run_program(tree, lock, program, err);
	if (r == 0)
		r = finish(tree, lock, err);
	if (r == 0)
		return 0;
	(void)unlinkat(tree, DISK_NEW, 0);
	return r < 0 ? r : 0;
}

static int open_or_make(int tree, const char *program, int *ret_fd, struct error *err)
{
	int r;

	while ((r = open_disk(tree, ret_fd, err)) == 0) {
		r = make(tree, program, err);
		if (r < 0 && r != -EAGAIN)
			return r;
	}
	return r < 0 ? r : 0;
}

int store_disk_open_by(const struct store *store, const char *tree_id, const char *program,
		       int *ret_fd, struct error *err)
{
	auto_close int tree = FD_NONE;
	int r = store_open_tree(store, tree_id, &tree, err);

	if (r == 0)
		r = open_or_make(tree, program, ret_fd, err);
	return r < 0 && err->code != 0 ? error_prefix(err, "making the disk of an image") : r;
}

/* The first one, which is missing then, when there is none. */
static const char *find_program(void)
{
	for (size_t i = 0; i < ARRAY_LENGTH(programs); i++)
		if (access(programs[i], X_OK) == 0)
			return programs[i];
	return programs[0];
}

int store_disk_open(const struct store *store, const char *tree_id, int *ret_fd, struct error *err)
{
	return store_disk_open_by(store, tree_id, find_program(), ret_fd, err);
}

/* 1: the same bytes; 0: not. */
static int compare(int a, int b)
{
	auto_free char *blocks = malloc(2 * COMPARED_BYTES);
	off_t at = 0;

	if (blocks == NULL)
		return -ENOMEM;
	for (;;) {
		ssize_t n = pread(a, blocks, COMPARED_BYTES, at);
		ssize_t m = pread(b, blocks + COMPARED_BYTES, COMPARED_BYTES, at);

		if (n < 0 || m < 0)
			return -errno;
		if (n != m || memcmp(blocks, blocks + COMPARED_BYTES, (size_t)n) != 0)
			return 0;
		if (n == 0)
			return 1;
		at += n;
	}
}

int store_disk_is_good(const struct store *store, const char *tree_id, struct error *err)
{
	auto_close int tree = FD_NONE, disk = FD_NONE, again = FD_NONE;
	int r = store_open_tree(store, tree_id, &tree, err);

	if (r == 0)
		r = open_disk(tree, &disk, err);
	if (r <= 0)
		return r < 0 ? r : 1;
	do
		r = begin(tree, &again, err);
	while (r == -EAGAIN);
	if (r < 0)
		return r;
	r = run_program(tree, again, find_program(), err);
	if (r == 0) {
		r = compare(disk, again);
		if (r < 0)
			r = error_set(err, -r, "reading %s: %s", DISK, strerror(-r));
	}
	(void)unlinkat(tree, DISK_NEW, 0);
	return r;
}

int store_disk_link(const struct store *store, const char *tree_id, int dir_fd, const char *name,
		    struct error *err)
{
	auto_close int disk = FD_NONE, tree = FD_NONE;
	int r = store_disk_open(store, tree_id, &disk, err);

	if (r == 0)
		r = store_open_tree(store, tree_id, &tree, err);
	if (r < 0)
		return r;
	if (unlinkat(dir_fd, name, 0) < 0 && errno != ENOENT)
		return error_from_errno(err, "replacing %s", name);
	if (linkat(tree, DISK, dir_fd, name, 0) < 0)
		return error_from_errno(err, "linking %s", name);
	return 0;
}
