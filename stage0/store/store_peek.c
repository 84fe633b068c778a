/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/store/store_peek.h"

#include <fcntl.h>
#include <limits.h>

#include "common/base/file.h"
#include "stage0/store/helper_program.h"
#include "stage0/store/store_peek_protocol.h"
#include "stage0/store/store_quarantine.h"

#define HELPER "rkt-image"

static int receive(int read_end, struct text *out, struct error *err)
{
	struct error record = { 0 };
	int r = error_receive(read_end, &record);

	if (r != 1)
		return error_set(err, EPIPE, "%s ended without a result", HELPER);
	if (record.code != 0)
		return error_set(err, record.code, "%s", record.text);
	r = file_read_fd(read_end, MANIFEST_MAX_BYTES, out);
	return r < 0 ? error_set(err, -r, "reading the manifest: %s", strerror(-r)) : 0;
}

static int run(int root, int file, struct text *out, struct error *err)
{
	char *const arguments[] = { (char *)HELPER, (char *)PEEK_OPTION, NULL };
	auto_close int read_end = FD_NONE, write_end = FD_NONE;
	struct helper_fds fds = { { root, file }, PEEK_FDS };
	char path[PATH_MAX];
	pid_t pid = 0;
	int ends[2], r = helper_program_find(HELPER, path, sizeof(path), err);

	if (r < 0)
		return r;
	if (lseek(file, 0, SEEK_SET) < 0)
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
	r = receive(read_end, out, err);
	helper_program_reap(pid);
	return r;
}

int store_peek_manifest(const struct store *store, int file, struct text *out, struct error *err)
{
	struct store_quarantine quarantine = STORE_QUARANTINE_NONE;
	struct error dropping = { 0 };
	int r = store_quarantine_open(store, &quarantine, err);

	if (r < 0)
		return r;
	r = run(quarantine.tree, file, out, err);
	/* What cannot be removed now is left for the next collection. */
	(void)!store_quarantine_drop(store, &quarantine, &dropping);
	return r;
}
