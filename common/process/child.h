/* SPDX-License-Identifier: Apache-2.0 */
/*
 * child.h - starting a process by clone3(2), and holding it by its pidfd.
 *
 * child_start() returns twice, as fork() does.  The child tells its parent how
 * its preparation went by one record on a report pipe; a pipe that ends without
 * a record means that the child died: silence is never success.
 *
 *	child_report_open(&report, err)
 *	r = child_start(&options, &child, err)
 *	if (r == 0) {				in the child
 *		child_report_enter(&report);
 *		prepare(&mine);			fills the error, or not
 *		child_report_send(&report, &mine);
 *		execve(…);
 *		_exit(child_report_send(&report, &failure) …);
 *	}
 *	child_wait_exec(&report, &child, err)	in the parent
 *
 * Units:      pids are as the caller's pid namespace numbers them.
 * Ownership:  a struct child owns its pidfd, a struct child_report its two fds.
 *             Releasing a child neither kills nor reaps it.
 * Errors:     -errno with err filled, ret_* untouched.
 * Processes:  call from a single-threaded process only.  clone3() goes past
 *             glibc: no atfork handlers run and its cached thread id stays the
 *             parent's, so in the child raise(), abort() and thread functions
 *             would aim at the parent's number.  getpid() is right (it asks the
 *             kernel), and so are malloc and stdio, since no other thread could
 *             have held their locks.  Everything here is safe in the child.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/base/cleanup.h"
#include "common/base/error.h"

struct child {
	pid_t pid; /* 0: none */
	int pidfd; /* FD_NONE: none */
};

#define CHILD_NONE                                                                                 \
	{                                                                                          \
		.pid = 0, .pidfd = FD_NONE                                                         \
	}
#define auto_child CLEANUP(child_release)

struct child_options {
	uint64_t namespaces; /* CLONE_NEW… flags; 0: the caller's own */
	int cgroup_fd;       /* a v2 cgroup directory to be born in; FD_NONE: the caller's */
};

/* Returns 0 in the child, 1 in the parent (with *ret_child filled), -errno in the parent. */
int child_start(const struct child_options *options, struct child *ret_child,
		struct error *err) MUST_CHECK;

/* Holds a running process of the caller's by its pid, which must not have been reaped yet. */
int child_from_pid(pid_t pid, struct child *ret_child, struct error *err) MUST_CHECK;

/* Hands the child on: the variable is empty afterwards. */
struct child child_take(struct child *held);

/* Closes the pidfd. */
void child_release(struct child *held);

/* Sends a signal.  0, or -ESRCH: it has ended (reaped or not). */
int child_kill(const struct child *child, int signal_number) MUST_CHECK;

/* Waits for the end at most timeout_ms (negative: for ever), reaps nothing.  1: it has ended, 0:
 * not yet. */
int child_has_ended(const struct child *child, int timeout_ms, struct error *err) MUST_CHECK;

/* Waits for the end and reaps; *ret_wait_status is as of waitpid(2), see exit_status.h. */
int child_wait(const struct child *child, int *ret_wait_status, struct error *err) MUST_CHECK;

/* Kills with SIGKILL and reaps, whatever state it is in; for failure paths. */
void child_destroy(struct child *held);

struct child_report {
	int read_end;
	int write_end;
};

#define CHILD_REPORT_NONE                                                                          \
	{                                                                                          \
		.read_end = FD_NONE, .write_end = FD_NONE                                          \
	}
#define auto_report CLEANUP(child_report_release)

int child_report_open(struct child_report *ret_report, struct error *err) MUST_CHECK;
void child_report_release(struct child_report *report);

/* In the child, first of all: lets go of the parent's end. */
void child_report_enter(struct child_report *report);

/*
 * In the child: sends how it went; code 0 says "ready".  After "ready" a second
 * record may follow when execve() fails.  The write end is closed by execve().
 */
int child_report_send(const struct child_report *report, const struct error *outcome);

/*
 * In the child: the kernel kills it (SIGKILL) when its parent dies, and it
 * learns whether that has happened already (-ESRCH).  To be called after
 * child_report_enter(), before "ready", and after the last change of ids, since
 * that forgets the wish (prctl(2), PR_SET_PDEATHSIG).  Works for a PID 1, too.
 */
int child_die_with_parent(const struct child_report *report, struct error *err) MUST_CHECK;

/*
 * In the parent: waits for "ready".  0, or the child's own error; -EPIPE: it
 * died without a word.  On failure the child has been killed, reaped and released.
 */
int child_wait_ready(struct child_report *report, struct child *child,
		     struct error *err) MUST_CHECK;

/*
 * In the parent, after or instead of child_wait_ready(): waits until the child
 * has executed its program (the pipe's end after "ready").  Failures as above.
 */
int child_wait_exec(struct child_report *report, struct child *child, struct error *err) MUST_CHECK;
