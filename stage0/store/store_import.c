/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/store/store_import.h"

#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "stage0/store/store_import_protocol.h"
#include "stage0/store/store_list.h"
#include "stage0/store/store_names.h"
#include "stage0/store/store_quarantine.h"
#include "stage0/store/store_sources.h"

#define HELPER "rkt-image"

/* Beside this executable, else where packages put programs that are not for users. */
static int find_helper(char *ret, size_t size, struct error *err)
{
	static const char *const places[] = { HELPER, "../lib/rkt/" HELPER };
	char own[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", own, sizeof(own) - 1);
	char *slash;

	if (n < 0)
		return error_from_errno(err, "finding %s: reading /proc/self/exe", HELPER);
	own[n] = '\0';
	slash = strrchr(own, '/');
	if (slash == NULL)
		return error_set(err, ENOENT, "finding %s: this executable has no directory",
				 HELPER);
	*slash = '\0';
	for (size_t i = 0; i < ARRAY_LENGTH(places); i++) {
		int length = snprintf(ret, size, "%s/%s", own, places[i]);

		if (length > 0 && (size_t)length < size && access(ret, X_OK) == 0)
			return 0;
	}
	return error_set(err, ENOENT, "the program %s is neither in %s nor in ../lib/rkt", HELPER,
			 own);
}

/* The three descriptors at the numbers the protocol says; the rest is close-on-exec. */
static int spawn(const char *helper, char *const arguments[], const int fds[IMPORT_FDS],
		 pid_t *ret_pid, struct error *err)
{
	posix_spawn_file_actions_t actions;
	int high[IMPORT_FDS], r = posix_spawn_file_actions_init(&actions);

	if (r != 0)
		return error_set(err, r, "starting %s: %s", helper, strerror(r));
	/* First out of the way of one another, then down to their numbers. */
	for (int i = 0; i < IMPORT_FDS; i++)
		high[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, IMPORT_FD_FIRST + IMPORT_FDS);
	for (int i = 0; i < IMPORT_FDS && r == 0; i++)
		r = high[i] < 0
			? EMFILE
			: posix_spawn_file_actions_adddup2(&actions, high[i], IMPORT_FD_FIRST + i);
	if (r == 0)
		r = posix_spawn(ret_pid, helper, &actions, NULL, arguments, environ);
	for (int i = 0; i < IMPORT_FDS; i++)
		cleanup_close(&high[i]);
	(void)posix_spawn_file_actions_destroy(&actions);
	return r != 0 ? error_set(err, r, "starting %s: %s", helper, strerror(r)) : 0;
}

static void reap(pid_t pid)
{
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* The helper's one record: a failure, or code 0 and the id as its text. */
static int receive_id(int read_end, char ret_id[static STORE_ID_SIZE], struct error *err)
{
	struct error record = { 0 };
	int r = error_receive(read_end, &record);

	if (r != 1)
		return error_set(err, EPIPE, "%s ended without a result", HELPER);
	if (record.code != 0)
		return error_set(err, record.code, "%s", record.text);
	(void)snprintf(ret_id, STORE_ID_SIZE, "%.*s", (int)STORE_ID_SIZE - 1, record.text);
	return 0;
}

struct import {
	const struct store *store;
	int source;
	const char *path;
	const struct store_import_options *options;
};

static int run_helper(const struct import *import, char ret_id[static STORE_ID_SIZE],
		      struct error *err)
{
	auto_close int read_end = FD_NONE, write_end = FD_NONE;
	char found[PATH_MAX], *helper = found;
	char *arguments[] = { (char *)HELPER, (char *)(uintptr_t)import->path, NULL, NULL };
	int ends[2], r = 0;
	pid_t pid = 0;

	if (import->options->quiet)
		arguments[2] = (char *)IMPORT_QUIET;
	if (import->options->helper != NULL)
		(void)snprintf(found, sizeof(found), "%s", import->options->helper);
	else
		r = find_helper(found, sizeof(found), err);
	if (r < 0)
		return r;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_from_errno(err, "making a pipe");
	read_end = ends[0];
	write_end = ends[1];
	r = spawn(helper, arguments,
		  (const int[IMPORT_FDS]){ import->store->cas, import->source, write_end }, &pid,
		  err);
	cleanup_close(&write_end);
	if (r < 0)
		return r;
	r = receive_id(read_end, ret_id, err);
	reap(pid);
	return r;
}

/* Importing an older image again makes it the latest of its name, recognised or not. */
static int make_latest(const struct store *store, const char *id, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct store_records same_name = { .n = 0 };
	struct store_entry entry;
	struct timespec now;
	int r = store_read_entry(store, &arena, id, &entry, err);

	if (r == 0)
		r = store_names_load(store, &arena, entry.record.name, &same_name, err);
	if (r < 0 || (same_name.n > 0 && strcmp(same_name.items[0].id, id) == 0))
		return r;
	if (clock_gettime(CLOCK_REALTIME, &now) < 0)
		return error_from_errno(err, "reading the clock");
	entry.record.imported_ns = (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
	return store_renew(store, &entry.record, err);
}

static int use_known(const struct store *store, const char *id, struct store_image *ret,
		     struct error *err)
{
	auto_store_image struct store_image image = STORE_IMAGE_NONE;
	int r = store_find_id(store, id, &image, err);

	if (r == 0)
		r = make_latest(store, id, err);
	if (r < 0)
		return r;
	*ret = image;
	image.tree = FD_NONE;
	return 0;
}

int store_import_file(const struct store *store, const char *path,
		      const struct store_import_options *options, struct store_image *ret,
		      struct error *err)
{
	auto_close int source = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct error mine = { 0 };
	char id[STORE_ID_SIZE];
	struct stat before;
	int r;

	if (source < 0 || fstat(source, &before) < 0)
		return error_from_errno(err, "opening the image %s", path);
	if (!S_ISREG(before.st_mode))
		return error_set(err, EINVAL, "the image %s is not a regular file", path);
	if (store_sources_find(store, &before, id) == 0 && use_known(store, id, ret, &mine) == 0)
		return 0;
	r = run_helper(&(const struct import){ store, source, path, options }, id, err);
	if (r < 0)
		return error_prefix(err, "image %s", path);
	store_sources_note(store, &before, id);
	return store_find_id(store, id, ret, err);
}
