/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/store/helper_program.h"

#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/wait.h>

#include "common/base/cleanup.h"

/* What /proc says is no path of ours after a chroot, in a mount namespace of our own. */
static bool is_here(const char *path)
{
	return path[0] == '/' && access(path, F_OK) == 0;
}

int helper_program_home(char *ret, size_t size, struct error *err)
{
	const char *start = (const char *)getauxval(AT_EXECFN);
	ssize_t n = readlink("/proc/self/exe", ret, size - 1);

	ret[n < 0 ? 0 : n] = '\0';
	if (!is_here(ret) && start != NULL && is_here(start) && strlen(start) < size)
		(void)snprintf(ret, size, "%s", start);
	if (!is_here(ret))
		return error_set(err, ENOENT, "finding the directory of this executable");
	strrchr(ret, '/')[1] = '\0';
	return 0;
}

int helper_program_find(const char *name, char *ret, size_t size, struct error *err)
{
	static const char *const places[] = { "", "../lib/rkt/" };
	char home[PATH_MAX];
	int r = helper_program_home(home, sizeof(home), err);

	if (r < 0)
		return error_prefix(err, "finding %s", name);
	for (size_t i = 0; i < ARRAY_LENGTH(places); i++) {
		int length = snprintf(ret, size, "%s%s%s", home, places[i], name);

		if (length > 0 && (size_t)length < size && access(ret, X_OK) == 0)
			return 0;
	}
	return error_set(err, ENOENT, "the program %s is neither in %s nor in ../lib/rkt", name,
			 home);
}

/* First out of the way of one another, then down to their numbers. */
static int place_fds(posix_spawn_file_actions_t *actions, const struct helper_fds *fds, int high[])
{
	int r = 0;

	for (size_t i = 0; i < fds->n; i++)
		high[i] = fcntl(fds->items[i], F_DUPFD_CLOEXEC, HELPER_FD_FIRST + HELPER_FDS_MAX);
	for (size_t i = 0; i < fds->n && r == 0; i++)
		r = high[i] < 0 ? EMFILE
				: posix_spawn_file_actions_adddup2(actions, high[i],
								   HELPER_FD_FIRST + (int)i);
	return r;
}

int helper_program_start(const char *path, char *const arguments[], const struct helper_fds *fds,
			 pid_t *ret_pid, struct error *err)
{
	posix_spawn_file_actions_t actions;
	int high[HELPER_FDS_MAX], r = posix_spawn_file_actions_init(&actions);

	if (r != 0)
		return error_set(err, r, "starting %s: %s", path, strerror(r));
	r = place_fds(&actions, fds, high);
	if (r == 0)
		r = posix_spawn(ret_pid, path, &actions, NULL, arguments, environ);
	for (size_t i = 0; i < fds->n; i++)
		cleanup_close(&high[i]);
	(void)posix_spawn_file_actions_destroy(&actions);
	return r != 0 ? error_set(err, r, "starting %s: %s", path, strerror(r)) : 0;
}

void helper_program_reap(pid_t pid)
{
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static int receive(const char *name, int read_end, char ret_result[static ERROR_TEXT_SIZE],
		   struct error *err)
{
	struct error record = { 0 };

	if (error_receive(read_end, &record) != 1)
		return error_set(err, EPIPE, "%s ended without a result", name);
	if (record.code != 0)
		return error_set(err, record.code, "%s", record.text);
	(void)snprintf(ret_result, ERROR_TEXT_SIZE, "%s", record.text);
	return 0;
}

int helper_program_call(const char *name, char *const arguments[], const struct helper_fds *fds,
			char ret_result[static ERROR_TEXT_SIZE], struct error *err)
{
	auto_close int read_end = FD_NONE, write_end = FD_NONE;
	struct helper_fds all = *fds;
	char path[PATH_MAX];
	int ends[2], r = helper_program_find(name, path, sizeof(path), err);
	pid_t pid = 0;

	if (r < 0)
		return r;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_from_errno(err, "making a pipe");
	read_end = ends[0];
	write_end = ends[1];
	all.items[all.n++] = write_end;
	r = helper_program_start(path, arguments, &all, &pid, err);
	cleanup_close(&write_end);
	if (r < 0)
		return r;
	r = receive(name, read_end, ret_result, err);
	helper_program_reap(pid);
	return r;
}
