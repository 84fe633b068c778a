/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pod_record.h - what stage1 writes while a pod runs, for stage0 to read.
 *
 * Two places: the pod directory itself (pod_fd), and the results directory,
 * stage1/rootfs/rkt (results_fd, from pod_record_open()).
 *
 * Order:      subcgroup before pid or ppid; ready once all apps were started.
 * Readers:    see a file whole or not at all where they may look at any time
 *             (pid, ppid, status, supervisor-status).  The others (subcgroup,
 *             environments) are written in place: nobody looks before pid exists.
 * Durability: none; a pod does not outlive its machine.
 * Processes:  the names of apps must be valid AC Names: they become file names.
 *             Allocates little; not for between clone() and exec().
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "common/base/error.h"

/* Makes stage1/rootfs/rkt with status/ and env/; *ret_fd is the caller's to close. */
int pod_record_open(int pod_fd, int *ret_results_fd, struct error *err) MUST_CHECK;

/* The pid that enter gets. */
int pod_record_pid(int pod_fd, pid_t pid, struct error *err) MUST_CHECK;

/* The pid of a process with exactly one child, which enter gets. */
int pod_record_ppid(int pod_fd, pid_t ppid, struct error *err) MUST_CHECK;

/* The pod's cgroup below each hierarchy, with its leading slash. */
int pod_record_subcgroup(int pod_fd, const char *path, struct error *err) MUST_CHECK;

/* How an app ended: 0 … 255, 128 + n for signal n. */
int pod_record_status(int results_fd, const char *app, int status, struct error *err) MUST_CHECK;

/* How often an app was started again: a file of restarts/, made when it first was. */
int pod_record_restarts(int results_fd, const char *app, uint32_t n, struct error *err) MUST_CHECK;

/*
 * The environment of an app, "K=V" strings, NULL-terminated.  One line each, so
 * a variable whose value holds a newline is left out rather than forging another.
 * Readable for root only: environments carry secrets.
 */
int pod_record_environment(int results_fd, const char *app, const char *const *environment,
			   struct error *err) MUST_CHECK;

/* supervisor-status -> ready */
int pod_record_ready(int results_fd, struct error *err) MUST_CHECK;
