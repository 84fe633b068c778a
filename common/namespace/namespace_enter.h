/* SPDX-License-Identifier: Apache-2.0 */
/*
 * namespace_enter.h - joining the namespaces of a running process.
 *
 * All of them in one setns(2) on a pidfd: either all are joined or none, and no
 * process can have taken the pid meanwhile.  Before it the caller becomes
 * undumpable, so that nobody inside can trace it or use its /proc/PID; execve()
 * ends that.
 *
 * Pid:        the caller itself stays in its pid namespace; its next child is in
 *             the joined one.
 * Mount:      root and working directory become those of the namespace's root:
 *             open what is needed of the host before.  Not possible for a
 *             process with threads.
 * User:       the caller has all capabilities in it and none outside.
 * Errors:     -errno, with err naming the namespaces.  -ESRCH: the process is gone.
 *             -EPERM: not privileged, or a joined user namespace is the caller's own.
 */
#pragma once

#include <stdbool.h>

#include "common/base/error.h"
#include "common/namespace/namespace_set.h"

int namespace_enter(int pidfd, const struct namespace_set *set, struct error *err) MUST_CHECK;

/* True in *ret when the caller and pid are in the same namespace: "mnt", "pid", "user" … of
 * /proc/PID/ns.  proc_fd: an open /proc. */
int namespace_is_shared(int proc_fd, int pid, const char *kind, bool *ret,
			struct error *err) MUST_CHECK;
