/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/store/store_peek.h"

#include <fcntl.h>
#include <limits.h>

#include "common/base/file.h"
#include "stage0/store/helper_program.h"
#include "stage0/store/store_peek_protocol.h"
#include "stage0/store/store_place.h"
#include "stage0/store/store_quarantine.h"

#define HELPER "rkt-image"

struct reading {
	const char *option; /* of store_peek_protocol.h */
	int root, file;
	char id[STORE_ID_SIZE]; /* "": not asked for */
};

static int receive(struct reading *reading, int read_end, struct text *out, struct error *err)
{
	struct error record = { 0 };
	int r = error_receive(read_end, &record);

	if (r != 1)
		return error_set(err, EPIPE, "%s ended without a result", HELPER);
	if (record.code != 0)
		return error_set(err, record.code, "%s", record.text);
	(void)snprintf(reading->id, sizeof(reading->id), "%.*s", (int)STORE_ID_SIZE - 1,
		       record.text);
	r = file_read_fd(read_end, MANIFEST_MAX_BYTES, out);
	return r < 0 ? error_set(err, -r, "reading the manifest: %s", strerror(-r)) : 0;
}

static int run(struct reading *reading, struct text *out, struct error *err)
{
	char *const arguments[] = { (char *)HELPER, (char *)(uintptr_t)reading->option, NULL };
	auto_close int read_end = FD_NONE, write_end = FD_NONE;
	struct helper_fds fds = { { reading->root, reading->file }, PEEK_FDS };
	char path[PATH_MAX];
	pid_t pid = 0;
	int ends[2], r = helper_program_find(HELPER, path, sizeof(path), err);

	if (r < 0)
		return r;
	if (lseek(reading->file, 0, SEEK_SET) < 0)
		return error_from_errno(err, "reading the manifest");
	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_from_errno(err, "making a pipe");
	read_end = ends[0];
	write_end = ends[1];
	fds.items[PEEK_FD_RESULT - HELPER_FD_FIRST] = write_end;
	r = helper_program_start(path, arguments, &fds, &pid, err);
	cleanup_close(&write_end);
	if (r < 0)
		return r;
	r = receive(reading, read_end, out, err);
	helper_program_reap(pid);
	return r;
}

int store_peek_manifest(const struct store *store, int file, struct text *out, struct error *err)
{
	struct store_quarantine quarantine = STORE_QUARANTINE_NONE;
	struct reading reading = { .option = PEEK_OPTION, .file = file };
	struct error dropping = { 0 };
	int r = store_quarantine_open(store, &quarantine, err);

	if (r < 0)
		return r;
	reading.root = quarantine.tree;
	r = run(&reading, out, err);
	/* What cannot be removed now is left for the next collection. */
	(void)!store_quarantine_drop(store, &quarantine, &dropping);
	return r;
}

int store_check_image(int file, char ret_id[static STORE_ID_SIZE], struct text *out,
		      struct error *err)
{
	struct reading reading = { .option = PEEK_CHECK, .root = file, .file = file };
	int r = run(&reading, out, err);

	if (r == 0 && !store_id_is_whole(reading.id))
		r = error_set(err, EPROTO, "%s says nonsense", HELPER);
	if (r < 0)
		return r;
	(void)snprintf(ret_id, STORE_ID_SIZE, "%s", reading.id);
	return 0;
}
