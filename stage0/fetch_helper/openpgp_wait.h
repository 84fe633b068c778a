/* SPDX-License-Identifier: Apache-2.0 */
/*
 * openpgp_wait.h - waiting for gpg, also for one that was killed; for this folder only.
 *
 * GPGME's own loop looks for room in the pipe to gpg and not at its end: when gpg dies
 * with data unread it spins for good.  So operations are begun by gpgme_op_…_start(), and this
 * is the loop that they run in.
 *
 * Use:        openpgp_wait_begin(), gpgme_op_…_start(), openpgp_wait_end() in any case.
 */
#pragma once

#include <gpgme.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#define OPENPGP_SOURCES_MAX ((size_t)16)

struct openpgp_source {
	gpgme_io_cb_t ready; /* NULL: free */
	void *context;
	int fd;
	short events;
};

struct openpgp_wait {
	gpgme_ctx_t context;
	struct openpgp_source sources[OPENPGP_SOURCES_MAX];
	bool is_done;
	gpgme_error_t result;
};

void openpgp_wait_begin(struct openpgp_wait *wait, gpgme_ctx_t context);

/* started: what the start gave.  Returns what became of the operation. */
gpgme_error_t openpgp_wait_end(struct openpgp_wait *wait, gpgme_error_t started);
