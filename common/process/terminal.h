/* SPDX-License-Identifier: Apache-2.0 */
/*
 * terminal.h - pseudo terminals, and the caller's own terminal in raw mode.
 *
 * An interactive app has a pty of its pod's devpts, never the caller's
 * terminal: what it pushes back or asks its terminal to do stays in the pod.
 *
 * Ownership:  fds returned are the caller's.
 * Errors:     -errno with err filled.
 */
#pragma once

#include <stdbool.h>
#include <termios.h>

#include "common/base/error.h"

/*
 * A pty pair of the devpts whose directory is devpts_fd (it holds "ptmx").  Both ends
 * are close-on-exec; the slave comes from the master itself, not from a path.
 */
int terminal_open_pair(int devpts_fd, int *ret_master, int *ret_slave,
		       struct error *err) MUST_CHECK;

/*
 * In the child: a session of its own, with slave as its controlling terminal
 * and as fds 0, 1 and 2.  Safe between clone() and exec().
 */
int terminal_become_controlling(int slave, struct error *err) MUST_CHECK;

/* Copies the window size of one terminal to another; 0 as well when from is none. */
int terminal_copy_size(int from, int to, struct error *err) MUST_CHECK;

/* What to restore.  All zero: nothing. */
struct terminal_mode {
	struct termios before;
	int fd;
	bool changed;
};

#define auto_terminal_mode CLEANUP(terminal_restore)

/*
 * Sets fd to raw mode.  The caller takes signals through a signalfd (signals.h),
 * so every ending but SIGKILL leaves by a path that restores.
 */
int terminal_set_raw(int fd, struct terminal_mode *mode, struct error *err) MUST_CHECK;

/* Restores; may be called more than once. */
void terminal_restore(struct terminal_mode *mode);
