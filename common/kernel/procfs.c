/* SPDX-License-Identifier: Apache-2.0 */
#include "common/kernel/procfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/parse.h"
#include "common/kernel/kernel_floor.h"

/* Fields of /proc/PID/stat, counted from the one after the name. */
enum { STAT_STATE = 0, STAT_PPID = 1, STAT_START_TIME = 19, STAT_N_FIELDS };

int procfs_open(int *ret_fd, struct error *err)
{
	auto_close int fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;

	if (fd < 0 || fstatfs(fd, &fs) < 0)
		return error_from_errno(err, "opening /proc");
	if (fs.f_type != PROC_SUPER_MAGIC)
		return error_set(err, EPROTO, "opening /proc: no proc file system is there");
	*ret_fd = take_fd(&fd);
	return 0;
}

/* Reads a file of at most size-1 bytes; returns its length or -errno. */
static ssize_t read_small(int proc_fd, const char *name, char *buffer, size_t size)
{
	auto_close int fd = openat(proc_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	size_t length = 0;

	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	while (length < size - 1) {
		ssize_t n = read(fd, buffer + length, size - 1 - length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		length += (size_t)n;
	}
	buffer[length] = '\0';
	return (ssize_t)length;
}

/* The same for a file of a process, errors told. */
static int read_of_process(int proc_fd, pid_t pid, const char *name, char buffer[PROCFS_MAX_BYTES],
			   struct error *err)
{
	char path[sizeof("2147483647/status")];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "%d/%s", (int)pid, name);
	n = read_small(proc_fd, path, buffer, PROCFS_MAX_BYTES);
	if (n < 0)
		return error_set(err, (int)-n, "reading /proc/%s: %s", path, strerror((int)-n));
	return 0;
}

static int parse_stat(char *text, struct procfs_stat *ret)
{
	struct procfs_stat got;
	char *fields[STAT_N_FIELDS];
	char *rest = strrchr(text, ')'); /* the name may hold anything, a ')' included */
	uint32_t ppid;

	if (rest == NULL || rest[1] != ' ')
		return -EPROTO;
	rest += 2;
	for (size_t i = 0; i < STAT_N_FIELDS; i++) {
		fields[i] = strsep(&rest, " ");
		if (fields[i] == NULL)
			return -EPROTO;
	}
	got.state = fields[STAT_STATE][0];
	if (parse_u32(fields[STAT_PPID], INT_MAX, &ppid) < 0 ||
	    parse_u64(fields[STAT_START_TIME], UINT64_MAX, &got.start_time) < 0)
		return -EPROTO;
	got.ppid = (pid_t)ppid;
	*ret = got;
	return 0;
}

int procfs_read_stat(int proc_fd, pid_t pid, struct procfs_stat *ret, struct error *err)
{
	char buffer[PROCFS_MAX_BYTES];
	int r;

	r = read_of_process(proc_fd, pid, "stat", buffer, err);
	if (r < 0)
		return r;
	r = parse_stat(buffer, ret);
	if (r < 0)
		return error_set(err, -r, "reading /proc/%d/stat: not understood", (int)pid);
	return 0;
}

int procfs_read_status(int proc_fd, pid_t pid, const char *field, char value[PROCFS_MAX_BYTES],
		       struct error *err)
{
	char buffer[PROCFS_MAX_BYTES];
	size_t length = strlen(field);
	char *rest = buffer;
	char *line;
	int r;

	r = read_of_process(proc_fd, pid, "status", buffer, err);
	if (r < 0)
		return r;
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (strncmp(line, field, length) != 0 || line[length] != ':')
			continue;
		line += length + 1;
		line += strspn(line, " \t");
		memcpy(value, line, strlen(line) + 1);
		return 0;
	}
	return error_set(err, ENOENT, "reading /proc/%d/status: no line %s", (int)pid, field);
}

/* A sorted list of pids, of which as many are kept as there is room. */
struct pids {
	pid_t *items;
	size_t capacity;
	int n;
};

static void pids_add(struct pids *pids, pid_t pid)
{
	size_t used = (size_t)pids->n < pids->capacity ? (size_t)pids->n : pids->capacity;
	size_t at = used;

	pids->n++;
	while (at > 0 && pids->items[at - 1] > pid)
		at--;
	if (at == pids->capacity)
		return;
	if (used == pids->capacity)
		used--;
	memmove(pids->items + at + 1, pids->items + at, (used - at) * sizeof(*pids->items));
	pids->items[at] = pid;
}

/* Looks at every process; those that end meanwhile are nobody's children. */
static int scan_children(int proc_fd, pid_t parent, struct pids *pids)
{
	int fd = openat(proc_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (dir == NULL) {
		int saved = errno;

		cleanup_close(&fd);
		return -saved;
	}
	while ((entry = readdir(dir)) != NULL) {
		struct procfs_stat stat;
		uint32_t pid;

		if (parse_u32(entry->d_name, INT_MAX, &pid) < 0)
			continue;
		if (procfs_read_stat(proc_fd, (pid_t)pid, &stat, NULL) == 0 && stat.ppid == parent)
			pids_add(pids, (pid_t)pid);
	}
	(void)closedir(dir);
	return 0;
}

/* The kernel's own list, if it was built with it; -ENOENT if not. */
static int list_children(int proc_fd, pid_t parent, struct pids *pids)
{
	char path[sizeof("2147483647/task/2147483647/children")];
	char buffer[PROCFS_MAX_BYTES];
	char *rest = buffer;
	const char *word;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "%d/task/%d/children", (int)parent, (int)parent);
	n = read_small(proc_fd, path, buffer, sizeof(buffer));
	if (n < 0 || (size_t)n == sizeof(buffer) - 1)
		return -ENOENT; /* a list that does not fit is counted the long way */
	while ((word = strsep(&rest, " \n")) != NULL) {
		uint32_t pid;

		if (word[0] == '\0')
			continue;
		if (parse_u32(word, INT_MAX, &pid) < 0)
			return -EPROTO;
		pids_add(pids, (pid_t)pid);
	}
	return 0;
}

int procfs_children(int proc_fd, pid_t pid, pid_t *children, size_t capacity, struct error *err)
{
	struct pids pids = { .capacity = capacity };
	struct procfs_stat parent;
	int r;

	pids.items = children;
	r = procfs_read_stat(proc_fd, pid, &parent, err);
	if (r < 0)
		return r;
	r = list_children(proc_fd, pid, &pids);
	if (r == -ENOENT)
		r = scan_children(proc_fd, pid, &pids);
	if (r < 0)
		return error_set(err, -r, "listing the children of process %d: %s", (int)pid,
				 strerror(-r));
	return pids.n;
}

int procfs_open_pidfd(int proc_fd, pid_t pid, uint64_t start_time, int *ret_pidfd,
		      struct error *err)
{
	auto_close int fd = pidfd_open(pid, 0);
	struct procfs_stat stat = { 0 };
	int r;

	if (fd < 0)
		return kernel_floor_error(err, "pidfd_open", "opening process %d", (int)pid);
	if (start_time != 0) {
		r = procfs_read_stat(proc_fd, pid, &stat, err);
		if (r < 0)
			return r;
		if (stat.start_time != start_time)
			return error_set(err, ESRCH, "opening process %d: it is another one by now",
					 (int)pid);
	}
	*ret_pidfd = take_fd(&fd);
	return 0;
}
