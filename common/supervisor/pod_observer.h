/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pod_observer.h - who wants to know how a pod gets on, beside the files that are written of it.
 *
 * Called in the leader, as things happen; all are needed.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct pod_observer {
	/* PID 1 exists; environments are recorded, no app was started yet. */
	void (*started)(void *context, pid_t init);
	/* All apps were started. */
	void (*ready)(void *context);
	/* The app (index in the plan) is started again, for the n-th time. */
	void (*restarted)(void *context, size_t app, uint32_t n);
	/* The app (index in the plan) has ended for good. */
	void (*ended)(void *context, size_t app, int status);
	void *context;
};
