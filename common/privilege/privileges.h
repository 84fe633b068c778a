/* SPDX-License-Identifier: Apache-2.0 */
/*
 * privileges.h - a process gives up what its program must not have.
 *
 * The order, and why it is this one:
 *
 *	1  bounding set		needs CAP_SETPCAP
 *	2  LSM labels		of the next exec
 *	3  groups, gid, uid	need CAP_SETGID, CAP_SETUID; permitted kept over the uid
 *	4  capabilities		what is held until exec, below
 *				and the tie to the parent, if asked: 3 undoes any other
 *	5  no new privileges	if asked
 *	6  seccomp filter	the last call before execve(): it may block any other
 *
 * What the program has is decided by execve(2) from what is set here: a root
 * program gets the whole bounding set, any other nothing but the file
 * capabilities of its executable (within the bounding set); inheritable and ambient
 * are empty.  What is held between 4 and exec:
 *
 *   root: the bounding set.  With no new privileges exec may only lose; without, the
 *	kernel forgets the tie to the parent at an exec that gains something.
 *   others: nothing.
 *   a filter without no new privileges: CAP_SYS_ADMIN as well, because loading
 *	demands it, and it cannot be dropped afterwards, as the filter may block
 *	capset().  exec drops it: by 1 it is in no bounding set that did not ask for it.
 *
 * After 6 only execve() is sure to work.  Where it fails, exit_group() works
 * with every allow list (seccomp.h), but writing a report may not: open or test
 * the executable before, so that what remains (a bad format, no memory) shows
 * as the exit status.  A deny list with exit_group makes _exit() die by a signal.
 *
 * Processes:  safe between clone() and exec(); single-threaded callers.
 */
#pragma once

#include "common/privilege/credentials.h"
#include "common/privilege/seccomp.h"

struct privileges {
	struct credentials credentials;
	uint64_t capabilities; /* the bounding set */
	bool no_new_privileges;
	const struct seccomp_program *seccomp; /* NULL: no filter */
	int proc_fd;                           /* for the labels; FD_NONE without any */
	const char *apparmor_profile;          /* NULL: leave as it is */
	const char *selinux_context;           /* NULL: leave as it is */
	const int *parent_pidfd;               /* dies with it (parent_tie.h); NULL: outlives it */
};

/* Everything above, in that order.  A failure leaves the process half way: it must end. */
int privileges_apply(const struct privileges *privileges, struct error *err) MUST_CHECK;
