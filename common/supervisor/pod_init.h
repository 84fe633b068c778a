/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pod_init.h - PID 1 of a pod: from a fresh process in new namespaces to the supervisor.
 *
 * Its root becomes stage1/rootfs with the apps' roots below opt/stage2; nothing
 * else of the host stays in its mount namespace.  It ends with the pod's
 * status, and when it ends the kernel ends everything in the pod.
 */
#pragma once

#include "common/supervisor/pod_run.h"

/* In the child: all there is to do; returns the status to exit with. */
int init_main(struct pod_run *run, int control);

/* In the leader: lets a PID 1 that waits for its user map and its networks go on. */
int init_release(const struct pod_run *run, int control, struct error *err) MUST_CHECK;
