/* SPDX-License-Identifier: Apache-2.0 */
#include "common/namespace/user_map.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/base/parse.h"
#include "common/kernel/syscall.h"

int user_map_check(const struct user_map *map, struct error *err)
{
	if (map->count == 0)
		return error_set(err, EINVAL, "mapping users: the range is empty");
	if (map->base > PARSE_ID_MAX || map->count > PARSE_ID_MAX - map->base + 1)
		return error_set(err, EINVAL,
				 "mapping users: %u ids from %u on are more than there are",
				 map->count, map->base);
	return 0;
}

static int write_map(pid_t pid, const char *name, const struct user_map *map, struct error *err)
{
	char path[sizeof("/proc/2147483647/uid_map")];
	char line[sizeof("0 4294967295 4294967295\n")];

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	(void)snprintf(line, sizeof(line), "0 %u %u\n", map->base, map->count);
	return file_write_at(AT_FDCWD, path, line, err);
}

int user_map_write(pid_t pid, const struct user_map *map, struct error *err)
{
	int r;

	r = user_map_check(map, err);
	if (r == 0)
		r = write_map(pid, "uid_map", map, err);
	if (r == 0)
		r = write_map(pid, "gid_map", map, err);
	return r;
}

int user_map_open(pid_t pid, int *ret_namespace, struct error *err)
{
	char path[sizeof("/proc/2147483647/ns/user")];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_from_errno(err, "opening the user namespace of process %d", (int)pid);
	*ret_namespace = fd;
	return 0;
}

/*
 * Keeps a namespace there until it is open, and not longer than its opener lives, who
 * may be dead before the wish is made: then the parent is another already.
 */
static void hold_namespace(pid_t opener)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (getppid() == opener)
		(void)pause();
	_exit(0);
}

int user_map_new_namespace(const struct user_map *map, int *ret_namespace, struct error *err)
{
	struct clone_args args = { .flags = CLONE_NEWUSER, .exit_signal = SIGCHLD };
	auto_close int fd = FD_NONE;
	pid_t opener = getpid();
	pid_t pid;
	int r;

	r = user_map_check(map, err);
	if (r < 0)
		return r;
	pid = syscall_clone3(&args);
	if (pid < 0)
		return error_from_errno(err, "making a user namespace");
	if (pid == 0)
		hold_namespace(opener);
	r = user_map_write(pid, map, err);
	if (r == 0)
		r = user_map_open(pid, &fd, err);
	(void)kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	if (r < 0)
		return error_prefix(err, "making a user namespace");
	*ret_namespace = take_fd(&fd);
	return 0;
}

int user_map_become_root(struct error *err)
{
	/* <grp.h> is banned for its lookups; one thread needs no more than the call. */
	if (syscall(SYS_setgroups, 0, NULL) < 0)
		return error_from_errno(err, "dropping the groups of the host");
	if (setresgid(0, 0, 0) < 0)
		return error_from_errno(err, "becoming group 0 of the user namespace");
	if (setresuid(0, 0, 0) < 0)
		return error_from_errno(err, "becoming user 0 of the user namespace");
	return 0;
}
