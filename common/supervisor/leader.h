/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leader.h - the process that stays outside of an isolated pod: what stage0's rkt became.
 *
 * It writes what stage0 reads (status files, supervisor-status), hands signals
 * on to PID 1, relays the terminal of an interactive app, and ends with the
 * pod's status.  When it dies, PID 1 dies with it, and so does the pod.
 *
 * Signals:    SIGTERM, SIGINT and SIGQUIT stop the pod (a second one kills it),
 *             others go to the apps.
 */
#pragma once

#include "common/base/error.h"
#include "common/plan/plan.h"
#include "common/process/child.h"
#include "common/supervisor/notify_relay.h"
#include "common/supervisor/pod_observer.h"

struct leader {
	const struct plan *plan;
	const struct child *init; /* PID 1 of the pod, or what stands for it */
	int control;              /* its socket, control.h */
	int signal_fd;            /* signals_to_fd() */
	int results_fd;           /* pod_record_open() */
	struct notify_relay *notify;
	const struct pod_observer *observer; /* NULL: nobody watches */
	const char *program; /* for what it has to tell on stderr: "stage1-coreos" */
};

/* Returns when the pod has ended: its status, 0 … 255. */
int leader_run(const struct leader *leader, struct error *err) MUST_CHECK;
