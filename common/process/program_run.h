/* SPDX-License-Identifier: Apache-2.0 */
/*
 * program_run.h - a program of the host's that is asked one thing and answers: text in, text out.
 *
 * No shell.  The program gets stdin, stdout and stderr, the environment given and nothing else
 * that the caller has open; it leads a process group of its own, which is killed as a whole when
 * it takes too long or says too much, and dies with the caller.
 *
 * Units:      timeout in ms; sizes in bytes.
 * Ownership:  the answer is the caller's to release; the caps of its texts are the limits of what
 *             may be said.
 * Errors:     -errno with err filled.  -ETIMEDOUT: it took too long.  -EINTR: a signal came.
 * -EFBIG: more output than out takes; of stderr the rest is thrown away.  A program that ends with
 * a status or by a signal is no error here. Processes:  call from a single-threaded process.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/base/cleanup.h"
#include "common/base/error.h"
#include "common/base/text.h"

struct program_run {
	const char *path; /* absolute, or of the working directory */
	const char *const *argv;
	const char *const *environment;
	const char *input; /* all of stdin */
	size_t input_length;
	int timeout_ms;
	bool uninterruptible; /* else one of SIGTERM, SIGINT and SIGQUIT that the caller has blocked
				 and that arrives ends it */
};

#define auto_program_answer CLEANUP(program_answer_release)

struct program_answer {
	struct text out; /* their caps are given */
	struct text complaints;
	int wait_status; /* as of waitpid(2) */
};

int program_run(const struct program_run *run, struct program_answer *answer,
		struct error *err) MUST_CHECK;

void program_answer_release(struct program_answer *answer);
