/* SPDX-License-Identifier: Apache-2.0 */
#include "common/supervisor/leader.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/pod/pod_record.h"
#include "common/process/exit_status.h"
#include "common/process/fd_passing.h"
#include "common/process/poll_set.h"
#include "common/process/signals.h"
#include "common/process/terminal.h"
#include "common/process/terminal_relay.h"
#include "common/supervisor/control.h"

/* How long an ended app's last output may take to reach the terminal, in ms. */
static const int drain_ms = 2000;

struct watch {
	const struct leader *leader;
	struct poll_set poll_set;
	bool *app_ended; /* by index in the plan */
	bool stop_sent;
	bool gone; /* PID 1 has closed its socket */
	int master;
	struct terminal_mode mode;
	struct terminal_relay relay;
};

static void tell(const struct leader *leader, const char *text)
{
	(void)dprintf(STDERR_FILENO, "%s: %s\n", leader->program, text);
}

static void note_ready(struct watch *watch)
{
	const struct pod_observer *observer = watch->leader->observer;
	struct error problem = { 0 };

	if (watch->leader->results_fd >= 0 &&
	    pod_record_ready(watch->leader->results_fd, &problem) < 0)
		tell(watch->leader, problem.text);
	if (notify_relay_started(watch->leader->notify, &problem) < 0)
		tell(watch->leader, problem.text);
	if (observer != NULL)
		observer->ready(observer->context);
}

static void note_ended(struct watch *watch, uint32_t app, int status)
{
	const struct pod_observer *observer = watch->leader->observer;
	const struct plan *plan = watch->leader->plan;
	struct error problem = { 0 };

	if (app >= plan->n_apps || watch->app_ended[app])
		return;
	watch->app_ended[app] = true;
	if (watch->leader->results_fd >= 0 &&
	    pod_record_status(watch->leader->results_fd, plan->apps[app].name, status & 0xff,
			      &problem) < 0)
		tell(watch->leader, problem.text);
	if (observer != NULL)
		observer->ended(observer->context, app, status & 0xff);
}

static void note_restarted(struct watch *watch, uint32_t app, uint32_t n)
{
	const struct pod_observer *observer = watch->leader->observer;
	const struct plan *plan = watch->leader->plan;
	struct error problem = { 0 };

	if (app >= plan->n_apps)
		return;
	if (watch->leader->results_fd >= 0 &&
	    pod_record_restarts(watch->leader->results_fd, plan->apps[app].name, n, &problem) < 0)
		tell(watch->leader, problem.text);
	if (observer != NULL)
		observer->restarted(observer->context, app, n);
}

/* The app's terminal arrives: from now on bytes and window sizes go both ways. */
static int take_terminal(struct watch *watch, struct error *err)
{
	int r;

	if (watch->master >= 0)
		return 0;
	r = fd_receive(watch->leader->control, &watch->master, err);
	if (r < 0)
		return r;
	r = terminal_copy_size(STDIN_FILENO, watch->master, err);
	if (r == 0 && isatty(STDIN_FILENO) == 1)
		r = terminal_set_raw(STDIN_FILENO, &watch->mode, err);
	if (r < 0)
		return r;
	return terminal_relay_start(&watch->relay, &watch->poll_set, STDIN_FILENO, STDOUT_FILENO,
				    watch->master, err);
}

static void note_failed(struct watch *watch, const struct control_message *message)
{
	terminal_restore(&watch->mode);
	tell(watch->leader, message->error.text);
}

static int on_message(short events, void *context, struct error *err)
{
	struct watch *watch = context;
	struct control_message message;
	int r = control_receive(watch->leader->control, &message);

	(void)events;
	if (r <= 0) {
		watch->gone = true;
		poll_set_remove(&watch->poll_set, watch->leader->control);
		return 0;
	}
	if (message.kind == CONTROL_READY)
		note_ready(watch);
	else if (message.kind == CONTROL_ENDED)
		note_ended(watch, message.app, message.value);
	else if (message.kind == CONTROL_RESTARTED)
		note_restarted(watch, message.app, (uint32_t)message.value);
	else if (message.kind == CONTROL_FAILED)
		note_failed(watch, &message);
	else if (message.kind == CONTROL_TERMINAL)
		return take_terminal(watch, err);
	return 0;
}

static void pass_signal(struct watch *watch, int signal_number)
{
	struct control_message message = { .kind = CONTROL_SIGNAL, .value = signal_number };

	if (signal_number == SIGTERM || signal_number == SIGINT || signal_number == SIGQUIT) {
		message.kind = watch->stop_sent ? CONTROL_KILL : CONTROL_STOP;
		watch->stop_sent = true;
	}
	(void)control_send(watch->leader->control, &message);
}

static int on_signal(short events, void *context, struct error *err)
{
	struct watch *watch = context;
	struct signalfd_siginfo info;
	int r;

	(void)events;
	while ((r = signals_next(watch->leader->signal_fd, &info, err)) == 1) {
		int number = (int)info.ssi_signo;

		if (number == SIGWINCH && watch->master >= 0)
			result_ignored(terminal_copy_size(STDIN_FILENO, watch->master, err));
		else if (number == SIGTERM || number == SIGINT || number == SIGQUIT ||
			 signals_are_forwarded(number))
			pass_signal(watch, number);
	}
	return r;
}

/* PID 1 did not say how these ended: it was killed, and they with it. */
static void settle_apps(struct watch *watch, int status)
{
	for (size_t i = 0; i < watch->leader->plan->n_apps; i++)
		note_ended(watch, (uint32_t)i, status);
}

static int watch_until_gone(struct watch *watch, struct error *err)
{
	const struct leader *leader = watch->leader;
	int r;

	r = poll_set_add(&watch->poll_set, leader->signal_fd, POLLIN, on_signal, watch, err);
	if (r == 0)
		r = poll_set_add(&watch->poll_set, leader->control, POLLIN, on_message, watch, err);
	if (r == 0)
		r = notify_relay_listen(leader->notify, &watch->poll_set, err);
	while (r >= 0 && !watch->gone)
		r = poll_set_wait_small(&watch->poll_set, err);
	return r;
}

int leader_run(const struct leader *leader, struct error *err)
{
	struct watch watch = { .leader = leader, .master = FD_NONE };
	int wait_status = 0;
	int r;

	watch.app_ended = calloc(leader->plan->n_apps, sizeof(*watch.app_ended));
	if (watch.app_ended == NULL)
		return error_set(err, ENOMEM, "watching the pod: out of memory");
	r = watch_until_gone(&watch, err);
	if (r < 0)
		result_ignored(child_kill(leader->init, SIGKILL));
	if (watch.master >= 0) {
		result_ignored(terminal_relay_drain(&watch.relay, drain_ms));
		terminal_relay_stop(&watch.relay);
	}
	terminal_restore(&watch.mode);
	if (r >= 0)
		r = child_wait(leader->init, &wait_status, err);
	if (r >= 0) {
		r = exit_status_of(wait_status);
		if (WIFSIGNALED(wait_status))
			settle_apps(&watch, r);
	}
	poll_set_release(&watch.poll_set);
	cleanup_close(&watch.master);
	free(watch.app_ended);
	return r;
}
