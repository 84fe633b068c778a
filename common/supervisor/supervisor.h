/* SPDX-License-Identifier: Apache-2.0 */
/*
 * supervisor.h - the loop that starts a pod's apps, watches them and stops them.
 *
 * The same in a pod's PID 1, in the reaper beside several apps in the host's
 * namespaces, and in a guest's init.
 *
 * Life of an app (app_life.h, restart.h): its pre-start handlers, its main process, once
 * that has ended its post-stop handlers.  The pod ends when all apps have; an
 * app that fails makes the others stop, and its status is the pod's.
 *
 * Stopping:   each app gets its stop signal, and after its grace period SIGKILL
 *             with everything in its cgroup.
 * Output:     of an app goes to stdout and stderr, line by line (log_relay.h);
 *             not for an interactive one, which has a terminal.
 * Processes:  one thread, SIGCHLD and all other signals through signal_fd.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"
#include "common/log/log_writer.h"
#include "common/plan/plan.h"
#include "common/process/log_relay.h"
#include "common/process/poll_set.h"
#include "common/supervisor/app_process.h"

struct app_life;

struct supervisor_events {
	/* All apps were started. */
	void (*ready)(void *context);
	/* The app has ended for good with this status. */
	void (*app_ended)(void *context, size_t app, int status);
	/* The app is started again, for the n-th time; NULL: nobody counts. */
	void (*restarted)(void *context, size_t app, uint32_t n);
	/* Something that a person should read; the pod goes on to its end. */
	void (*complain)(void *context, const struct error *problem);
	/* A signal arrived that is not SIGCHLD. */
	void (*signal)(void *context, int signal_number);
	void *context;
};

struct supervisor {
	const struct plan *plan;
	const struct app_surroundings *surroundings; /* of the apps' processes */
	const struct app_resources *resources;       /* of plan->apps[i] */
	struct supervisor_events events;
	int signal_fd;          /* signals_to_fd() */
	int null_fd;            /* /dev/null, read-write: stdin of apps that are not interactive */
	struct log_writer *log; /* keeps what the apps print; NULL: nobody does */
	struct poll_set poll_set;
	struct log_sink out, err;
	struct app_life *apps;
	size_t n_apps, n_ended;
	int status; /* of the pod: the first failure's */
	bool stopping, killing;
};

/* Fills the struct; allocates. */
int supervisor_init(struct supervisor *supervisor, struct error *err) MUST_CHECK;
void supervisor_release(struct supervisor *supervisor);

/*
 * Starts the apps and returns when all have ended: the pod's exit status, 0 …
 * 255.  EXIT_STATUS_NOT_STARTED: an app could not be started (complain() has
 * said why).
 */
int supervisor_run(struct supervisor *supervisor, struct error *err) MUST_CHECK;

/* From callbacks: stops all apps, with grace or at once; passes a signal on to them. */
void supervisor_stop(struct supervisor *supervisor);
void supervisor_kill(struct supervisor *supervisor);
void supervisor_signal(struct supervisor *supervisor, int signal_number);
