/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reaper.h - collecting ended children, one's own and adopted orphans alike.
 *
 * For a PID 1 or a subreaper: on SIGCHLD, reaper_collect() until nothing is
 * left (one SIGCHLD may stand for many children).
 */
#pragma once

#include <sys/types.h>

#include "common/base/error.h"

struct reaped {
	pid_t pid;
	int wait_status; /* see exit_status.h */
};

/* Orphaned descendants come to the caller instead of to PID 1. */
int reaper_become_subreaper(struct error *err) MUST_CHECK;

/* One ended child: 1 and *ret filled, 0: children, but none has ended, -ECHILD: no children. */
int reaper_next(struct reaped *ret) MUST_CHECK;

/*
 * Told of each child as it is reaped.  From now on the kernel may give its pid
 * to another process, so compare it with the pids of one's own at once.
 */
typedef void reaper_handler(const struct reaped *reaped, void *context);

/* Reaps all that have ended.  1: children are left, 0: none are left, or -errno. */
int reaper_collect(reaper_handler *handler, void *context, struct error *err) MUST_CHECK;
