/* SPDX-License-Identifier: Apache-2.0 */
#include "common/supervisor/supervisor.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/process/reaper.h"
#include "common/process/signals.h"
#include "common/supervisor/app_life.h"

/* How long the last lines may take to reach run's stdout and stderr, in ms. */
static const int flush_ms = 5000;

/* What the log has no room for, somebody should know of. */
static void settle_log(const struct supervisor *supervisor)
{
	struct error problem = { 0 };

	if (supervisor->log != NULL && log_writer_settle(supervisor->log, &problem) < 0)
		supervisor->events.complain(supervisor->events.context, &problem);
}

static void reap(const struct reaped *reaped, void *context)
{
	struct supervisor *supervisor = context;

	for (size_t i = 0; i < supervisor->n_apps; i++)
		app_life_reaped(&supervisor->apps[i], reaped);
}

static int on_signal(short events, void *context, struct error *err)
{
	struct supervisor *supervisor = context;
	struct signalfd_siginfo info;
	int r;

	(void)events;
	while ((r = signals_next(supervisor->signal_fd, &info, err)) == 1) {
		if (info.ssi_signo == SIGCHLD) {
			r = reaper_collect(reap, supervisor, err);
			if (r < 0)
				return r;
		} else {
			supervisor->events.signal(supervisor->events.context, (int)info.ssi_signo);
		}
	}
	return r;
}

int supervisor_init(struct supervisor *supervisor, struct error *err)
{
	size_t n = supervisor->plan->n_apps;
	int r;

	supervisor->apps = calloc(n, sizeof(*supervisor->apps));
	if (supervisor->apps == NULL)
		return error_set(err, ENOMEM, "supervising %zu apps: out of memory", n);
	supervisor->n_apps = n;
	for (size_t i = 0; i < n; i++)
		app_life_init(&supervisor->apps[i], supervisor, i);
	r = log_sink_init(&supervisor->out, STDOUT_FILENO, &supervisor->poll_set, err);
	if (r == 0)
		r = log_sink_init(&supervisor->err, STDERR_FILENO, &supervisor->poll_set, err);
	return r < 0 ? r
		     : poll_set_add(&supervisor->poll_set, supervisor->signal_fd, POLLIN, on_signal,
				    supervisor, err);
}

void supervisor_release(struct supervisor *supervisor)
{
	for (size_t i = 0; supervisor->apps != NULL && i < supervisor->n_apps; i++)
		app_life_release(&supervisor->apps[i]);
	free(supervisor->apps);
	supervisor->apps = NULL;
	log_sink_release(&supervisor->out);
	log_sink_release(&supervisor->err);
	poll_set_release(&supervisor->poll_set);
}

/* All in their order; an app that does not come up ends the pod. */
static int start_all(struct supervisor *supervisor, struct error *err)
{
	for (size_t i = 0; i < supervisor->n_apps && !supervisor->stopping; i++) {
		int r = app_life_start(&supervisor->apps[i], err);

		if (r < 0)
			return r;
	}
	return 0;
}

/* "Started" is said once, when no app is before its main process any more. */
static void tell_when_ready(struct supervisor *supervisor, bool *told)
{
	if (*told || supervisor->stopping)
		return;
	for (size_t i = 0; i < supervisor->n_apps; i++) {
		if (supervisor->apps[i].phase < APP_MAIN)
			return;
	}
	*told = true;
	supervisor->events.ready(supervisor->events.context);
}

static int milliseconds_to_sleep(const struct supervisor *supervisor)
{
	uint64_t now = app_life_now_ms();
	uint64_t next = UINT64_MAX;

	for (size_t i = 0; i < supervisor->n_apps; i++) {
		uint64_t due = app_life_next_tick_ms(&supervisor->apps[i]);

		if (due != 0 && due < next)
			next = due;
	}
	if (next == UINT64_MAX)
		return -1;
	if (next <= now)
		return 0;
	return next - now > INT32_MAX ? INT32_MAX : (int)(next - now);
}

/* Apps that were never started count as ended once the pod stops. */
static bool all_have_ended(const struct supervisor *supervisor)
{
	for (size_t i = 0; i < supervisor->n_apps; i++) {
		enum app_phase phase = supervisor->apps[i].phase;

		if (phase == APP_ENDED || (phase == APP_IDLE && supervisor->stopping))
			continue;
		return false;
	}
	return true;
}

/* A supervisor that has had nothing to do for a while, and has nothing due, makes itself small. */
static int wait_or_rest(struct supervisor *supervisor, struct error *err)
{
	int timeout_ms = milliseconds_to_sleep(supervisor);

	if (timeout_ms >= 0)
		return poll_set_wait(&supervisor->poll_set, timeout_ms, err);
	return poll_set_wait_small(&supervisor->poll_set, err);
}

static int loop(struct supervisor *supervisor, struct error *err)
{
	bool told = false;

	for (;;) {
		uint64_t now;
		int r;

		tell_when_ready(supervisor, &told);
		if (all_have_ended(supervisor))
			return 0;
		r = wait_or_rest(supervisor, err);
		if (r < 0)
			return r;
		now = app_life_now_ms();
		for (size_t i = 0; i < supervisor->n_apps; i++)
			app_life_tick(&supervisor->apps[i], now);
	}
}

int supervisor_run(struct supervisor *supervisor, struct error *err)
{
	int r = start_all(supervisor, err);

	if (r == 0)
		r = loop(supervisor, err);
	if (r < 0)
		supervisor_kill(supervisor);
	result_ignored(log_sink_flush(&supervisor->out, flush_ms));
	result_ignored(log_sink_flush(&supervisor->err, flush_ms));
	settle_log(supervisor);
	return r < 0 ? r : supervisor->status;
}

void supervisor_stop(struct supervisor *supervisor)
{
	supervisor->stopping = true;
	for (size_t i = supervisor->n_apps; i-- > 0;)
		app_life_stop(&supervisor->apps[i]);
}

void supervisor_kill(struct supervisor *supervisor)
{
	supervisor->stopping = true;
	supervisor->killing = true;
	for (size_t i = 0; i < supervisor->n_apps; i++)
		app_life_kill(&supervisor->apps[i]);
}

void supervisor_signal(struct supervisor *supervisor, int signal_number)
{
	for (size_t i = 0; i < supervisor->n_apps; i++)
		app_life_signal(&supervisor->apps[i], signal_number);
}
