/* SPDX-License-Identifier: Apache-2.0 */
/*
 * helper_program.h - a program of ours that rkt leaves heavy libraries to.
 *
 * It lies beside the running executable, or in ../lib/rkt.  Its descriptors are 0, 1 and 2 as they
 * are here, and from 3 on those it is given; all others of this process are close-on-exec.
 *
 * Errors: -ENOENT not installed; -errno with err filled.
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "common/base/error.h"

#define HELPER_FD_FIRST 3
#define HELPER_FDS_MAX  8

/* The directory of this executable, with the slash at its end; size: PATH_MAX. */
int helper_program_home(char *ret, size_t size, struct error *err) MUST_CHECK;

int helper_program_find(const char *name, char *ret, size_t size, struct error *err) MUST_CHECK;

/* What the helper gets as 3, 4 and so on; the caller keeps its own. */
struct helper_fds {
	int items[HELPER_FDS_MAX];
	size_t n;
};

int helper_program_start(const char *path, char *const arguments[], const struct helper_fds *fds,
			 pid_t *ret_pid, struct error *err) MUST_CHECK;

/* Waits for its end: what it has to say comes through its descriptors. */
void helper_program_reap(pid_t pid);

/*
 * From start to end.  After the given descriptors it gets the write end of a pipe for one struct
 * error: a failure, which is returned, or code 0 with the result as its text.  -EPIPE: it
 * ended without either.
 */
int helper_program_call(const char *name, char *const arguments[], const struct helper_fds *fds,
			char ret_result[static ERROR_TEXT_SIZE], struct error *err) MUST_CHECK;
