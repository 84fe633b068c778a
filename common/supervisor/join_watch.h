/* SPDX-License-Identifier: Apache-2.0 */
/*
 * join_watch.h - waiting for a process that enter started, its terminal included.
 *
 * Signals that reach enter go to the process; bytes and window sizes go both ways
 * between the caller's terminal and the process's.
 */
#pragma once

#include "common/base/error.h"
#include "common/process/child.h"

/* terminal_socket: where the pty's master will arrive; FD_NONE: none.  Returns the exit status. */
int join_watch(const struct child *child, int signal_fd, int terminal_socket,
	       struct error *err) MUST_CHECK;
