/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process.h - what sessions are in the guest: the pod's leader, and who enters.
 *
 * Both run the code that coreos runs, over a pod directory like the host's; here
 * are only their surroundings.  In a child of the guest's init, with stdio in place.
 *
 * Reports:    the pod's leader sends frames for the host (READY, STARTED, ENVIRONMENT,
 *             ENDED) through a socket, one record each: u16 kind, payload.  The record of
 *             STARTED carries the u32 pid of the pod's PID 1.
 */
#pragma once

#include <sys/types.h>

#include "common/base/error.h"
#include "stage1-kvm/channel/session.h"

#define PROCESS_RECORD_MAX (2 + FRAME_MAX)

#define NOTIFY_PLACE       "/run/notify" /* a socket: what apps tell the host's service manager */

/* More of the plan by which all sessions work. */
int process_take_plan(const struct frame *frame, struct error *err) MUST_CHECK;

/* Runs the pod to its end: its exit status. */
int process_run_pod(int report_fd, bool notify);

/* Runs one more process in an app to its end, counts what the apps use, or writes what is in one's
 * tree: its exit status.
 * pod_pid: the pod's PID 1. */
int process_enter(const struct session_request *request, pid_t pod_pid);
