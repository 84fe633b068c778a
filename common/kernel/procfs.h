/* SPDX-License-Identifier: Apache-2.0 */
/*
 * procfs.h - processes, as /proc tells about them.
 *
 * A pid alone names nobody: it may be another's by the time it is used.  What
 * is kept across time is a pidfd, or a pid together with its start time.
 *
 * Units:      start times in clock ticks after boot, as field 22 of stat.
 * Ownership:  *ret_fd, *ret_pidfd are the caller's to close, O_CLOEXEC.
 * Errors:     -errno, err filled.  -ESRCH: no such process (any more).
 *             -EPROTO: /proc says something unreadable.
 * Processes:  pids are those of the pid namespace that proc_fd was mounted for.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "common/base/error.h"

/* The most a single file of /proc may hold for these functions, in bytes. */
#define PROCFS_MAX_BYTES 4096

struct procfs_stat {
	char state; /* 'R', 'S', 'D', 'Z' … */
	pid_t ppid; /* 0: a parent outside the pid namespace, or none */
	uint64_t start_time;
};

/* Opens /proc (O_PATH) and verifies that it is one. */
int procfs_open(int *ret_fd, struct error *err) MUST_CHECK;

int procfs_read_stat(int proc_fd, pid_t pid, struct procfs_stat *ret, struct error *err) MUST_CHECK;

/*
 * The value of one line of /proc/PID/status ("NSpid", "CapEff"), blanks in front
 * removed, NUL-terminated.  -ENOENT: no such line.  -ENOBUFS: value too small.
 */
int procfs_read_status(int proc_fd, pid_t pid, const char *field, char value[PROCFS_MAX_BYTES],
		       struct error *err) MUST_CHECK;

/*
 * The children of a process, in ascending order of pid; of more than capacity
 * only the first are stored.  Returns how many there are.
 */
int procfs_children(int proc_fd, pid_t pid, pid_t *children, size_t capacity,
		    struct error *err) MUST_CHECK;

/* A pidfd of a process whose start time is start_time (0: whoever has the pid now). */
int procfs_open_pidfd(int proc_fd, pid_t pid, uint64_t start_time, int *ret_pidfd,
		      struct error *err) MUST_CHECK;
