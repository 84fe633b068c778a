/* SPDX-License-Identifier: Apache-2.0 */
/*
 * output_fd.h - writing to somebody else's stdout without blocking for ever.
 *
 * Standard output belongs to the caller of the program, and O_NONBLOCK is a
 * property of the open file that he and his other programs share: setting it
 * would break them.  So each kind of file is written in its own way that does
 * not block: sockets with MSG_DONTWAIT, pipes and terminals with RWF_NOWAIT or,
 * on kernels without, after poll(2) and in pieces that then fit.
 *
 * Ownership:  borrows the fd.
 * Processes:  SIGPIPE must be blocked or ignored.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/base/error.h"

enum output_fd_kind { OUTPUT_FD_FILE, OUTPUT_FD_PIPE, OUTPUT_FD_TERMINAL, OUTPUT_FD_SOCKET };

struct output_fd {
	int fd;
	enum output_fd_kind kind;
	bool no_nowait; /* RWF_NOWAIT was refused */
};

/* Looks at what fd is. */
void output_fd_init(struct output_fd *output, int fd);

/* Writes what goes in without waiting: bytes written (> 0), -EAGAIN, -EPIPE (nobody reads), or
 * -errno. */
ssize_t output_fd_write(struct output_fd *output, const char *data, size_t length) MUST_CHECK;
