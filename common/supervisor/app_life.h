/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app_life.h - where one app is in its life, and what moves it on.
 *
 *   IDLE → PRE_START → MAIN → POST_STOP → ENDED
 *            ↑                   ↓
 *            └── BACKING_OFF ←───┘   when it is to be started again (restart.h)
 *
 * A phase but BACKING_OFF has one process of ours.  Its end moves the app on (app_life_reaped());
 * the supervisor asks app_life_next_deadline() how long it may sleep and calls
 * app_life_tick() afterwards.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/process/log_relay.h"
#include "common/process/reaper.h"
#include "common/supervisor/restart.h"
#include "common/supervisor/supervisor.h"

enum app_phase { APP_IDLE, APP_PRE_START, APP_MAIN, APP_POST_STOP, APP_BACKING_OFF, APP_ENDED };

/* One of an app's two outputs, on its way to run's own and to the log. */
struct app_output {
	struct log_relay *relay;
	const struct app_life *life;
	enum log_stream stream;
};

struct app_life {
	struct supervisor *supervisor;
	size_t index;
	const struct plan_app *plan;
	enum app_phase phase;
	size_t handler; /* of the phase's list, running */
	pid_t pid;      /* of the phase's process; 0: none */
	int status;     /* of the main process, or EXIT_STATUS_NOT_STARTED */
	bool stop_sent, killed;
	bool draining;           /* the process has ended, its last output is on its way */
	int wait_status;         /* of that process */
	uint64_t drain_until_ms; /* then what is left of the output is dropped */
	uint64_t deadline_ms;    /* CLOCK_MONOTONIC: then SIGKILL; 0: none */
	struct restart restart;
	uint64_t resume_ms;  /* backing off: when it is started again */
	int mount_namespace; /* of an app with handlers; FD_NONE */
	struct app_output outputs[2];
};

/* CLOCK_MONOTONIC in ms. */
uint64_t app_life_now_ms(void);

void app_life_init(struct app_life *life, struct supervisor *supervisor, size_t index);
void app_life_release(struct app_life *life);

/* Starts the app: its first handler, or its main process. */
int app_life_start(struct app_life *life, struct error *err) MUST_CHECK;

/* Looks whether the process was this app's and moves it on. */
void app_life_reaped(struct app_life *life, const struct reaped *reaped);

/* Stop signal and grace period; SIGKILL for all of the app. */
void app_life_stop(struct app_life *life);
void app_life_kill(struct app_life *life);

/* Passes a signal on to the main process. */
void app_life_signal(const struct app_life *life, int signal_number);

/* Moves an app on whose output has ended, and kills one whose grace is over. */
void app_life_tick(struct app_life *life, uint64_t now_ms);

/* When app_life_tick() will have something to do at the latest; 0: nothing is due. */
uint64_t app_life_next_tick_ms(const struct app_life *life);
