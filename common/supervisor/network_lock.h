/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network_lock.h - nobody joins or leaves a network while stale attachments are collected.
 *
 * CNI 1.1.0 asks runtimes for that: GC is told who is in a network, and would take away what
 * somebody has just been given.  One lock for the machine, since networks are the machine's:
 * /run/rkt/networks.lock.  Networks of older versions have no GC, and need no lock.
 *
 * Ownership:  closing the fd lets go, and so does the end of the process.
 * Errors:     -errno with err filled.
 */
#pragma once

#include "common/base/error.h"

/* For joining and leaving; waits for a GC to end. */
int network_lock_shared(int *ret_fd, struct error *err) MUST_CHECK;

/* For GC; waits a second for others, then -EWOULDBLOCK. */
int network_lock_exclusive(int *ret_fd, struct error *err) MUST_CHECK;
