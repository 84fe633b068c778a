/* SPDX-License-Identifier: Apache-2.0 */
/*
 * restart.h - whether an app that has ended is started again, and after which time.
 *
 * Pure.  The first time after RESTART_FIRST_MS, then twice as long each time up to
 * RESTART_MOST_MS; an app that has run for RESTART_SETTLED_MS begins anew.
 *
 * Never:      what could not be started in the first place: that is an error of the pod, not
 *             of a moment.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/plan/plan.h"

#define RESTART_FIRST_MS   100
#define RESTART_MOST_MS    60000
#define RESTART_SETTLED_MS 10000

struct restart {      /* zeroed at first */
	bool has_run; /* its main process was started once */
	uint32_t n;   /* how often it was started again */
	uint64_t started_ms;
	uint64_t delay_ms; /* of the last time; 0: none */
};

bool restart_is_wanted(enum plan_restart policy, const struct restart *restart, int status);

/* How long to wait now, in ms; to be called once each time. */
uint64_t restart_next_delay(struct restart *restart, uint64_t now_ms);
