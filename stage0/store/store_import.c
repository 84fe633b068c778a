/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/store/store_import.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <time.h>

#include "stage0/store/helper_program.h"
#include "stage0/store/store_import_protocol.h"
#include "stage0/store/store_list.h"
#include "stage0/store/store_names.h"
#include "stage0/store/store_quarantine.h"
#include "stage0/store/store_sources.h"

#define HELPER "rkt-image"

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
	struct helper_fds fds = { { import->store->cas, import->source }, IMPORT_FDS };
	int ends[2], r = 0;
	pid_t pid = 0;

	if (import->options->quiet)
		arguments[2] = (char *)IMPORT_QUIET;
	if (import->options->helper != NULL)
		(void)snprintf(found, sizeof(found), "%s", import->options->helper);
	else
		r = helper_program_find(HELPER, found, sizeof(found), err);
	if (r < 0)
		return r;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_from_errno(err, "making a pipe");
	read_end = ends[0];
	write_end = ends[1];
	fds.items[2] = write_end;
	r = helper_program_start(helper, arguments, &fds, &pid, err);
	cleanup_close(&write_end);
	if (r < 0)
		return r;
	r = receive_id(read_end, ret_id, err);
	helper_program_reap(pid);
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
