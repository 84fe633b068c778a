/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pod_status.h - how a pod is doing: what a stage1, ours or a foreign one, wrote.
 *
 * The content is not trusted: sizes are capped, numbers strict, no symlink is
 * followed as last component, nothing here blocks on a FIFO.
 *
 * Place:      from outside, stage1's results are in the upper directory of the
 *             overlay that was stage1/rootfs, as its mounts are in the pod's own
 *             mount namespace.  pod_status_open_results() finds either.
 * Errors:     -ENOENT: not written (yet).  -EINVAL: written, but not what the
 *             interface says.  err is filled for both.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/base/error.h"

/*
 * The directory of results: overlay/<stage1TreeStoreID>/upper/rkt when there is
 * one, else stage1/rootfs/rkt.  *ret_fd is the caller's to close.
 */
int pod_status_open_results(int pod_fd, int *ret_results_fd, struct error *err) MUST_CHECK;

/*
 * The process that enter gets: what `pid` says, else the only child of what
 * `ppid` says.  -ESRCH: the process of `ppid`, or its child, is gone.  Says nothing of
 * whether the pid is still the pod's: the pod's lock tells whether a pod runs.
 */
int pod_status_pid(int pod_fd, pid_t *ret_pid, struct error *err) MUST_CHECK;

/* The path that `subcgroup` names, in buffer; -EINVAL for relative ones and any with "..". */
int pod_status_subcgroup(int pod_fd, char *buffer, size_t size, struct error *err) MUST_CHECK;

/* The exit status of an app, 0 … 255; -ENOENT while it has none. */
int pod_status_app(int results_fd, const char *app, int *ret_status, struct error *err) MUST_CHECK;

/* How often an app was started again; 0 when nobody says. */
uint32_t pod_status_restarts(int results_fd, const char *app);

/* Whether supervisor-status points to "ready". */
int pod_status_ready(int results_fd, bool *ret_ready, struct error *err) MUST_CHECK;
