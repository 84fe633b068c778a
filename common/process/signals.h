/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signals.h - signals as events: blocked, and read from a signalfd.
 *
 * A supervisor calls signals_to_fd() once, before it starts anything; each child
 * calls signals_reset() before it executes a program, since execve() keeps both
 * the mask and what is ignored.
 *
 * Ownership:  *ret_fd is the caller's to close.
 * Processes:  the mask is the calling thread's.  All is safe between clone() and exec().
 */
#pragma once

#include <stdbool.h>
#include <sys/signalfd.h>

#include "common/base/error.h"
#include "common/process/child.h"

/*
 * Blocks every signal that can be blocked and opens a non-blocking signalfd for
 * them all.  A fault (SIGSEGV …) still kills: the kernel overrides the mask.
 */
int signals_to_fd(int *ret_fd, struct error *err) MUST_CHECK;

/* The next signal: 1 and *ret_info filled, 0: none pending, or -errno. */
int signals_next(int signal_fd, struct signalfd_siginfo *ret_info, struct error *err) MUST_CHECK;

/* In a child: every disposition back to the default and nothing blocked. */
int signals_reset(struct error *err) MUST_CHECK;

/*
 * Whether a supervisor hands this signal on to what it supervises: not SIGCHLD,
 * SIGPIPE, SIGALRM, faults, SIGWINCH, nor job control (SIGTSTP, SIGTTIN, SIGTTOU, SIGCONT).
 */
bool signals_are_forwarded(int signal_number);

/* Sends a received signal on if it is of those.  1: sent, 0: not of those, -ESRCH: the child has
 * ended. */
int signals_forward(const struct signalfd_siginfo *info, const struct child *to) MUST_CHECK;
