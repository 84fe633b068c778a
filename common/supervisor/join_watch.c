/* SPDX-License-Identifier: Apache-2.0 */
#include "common/supervisor/join_watch.h"

#include <signal.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/process/exit_status.h"
#include "common/process/fd_passing.h"
#include "common/process/poll_set.h"
#include "common/process/signals.h"
#include "common/process/terminal.h"
#include "common/process/terminal_relay.h"

/* How long the last output may take to reach the terminal, in ms. */
static const int drain_ms = 2000;

struct join_watch {
	const struct child *child;
	int signal_fd;
	bool ended;
	int master;
	struct poll_set poll_set;
	struct terminal_mode mode;
	struct terminal_relay relay;
};

static int on_signal(short events, void *context, struct error *err)
{
	struct join_watch *watch = context;
	struct signalfd_siginfo info;
	int r;

	(void)events;
	while ((r = signals_next(watch->signal_fd, &info, err)) == 1) {
		if (info.ssi_signo == SIGWINCH && watch->master >= 0)
			result_ignored(terminal_copy_size(STDIN_FILENO, watch->master, err));
		else
			result_ignored(signals_forward(&info, watch->child));
	}
	return r;
}

static int on_end(short events, void *context, struct error *err)
{
	struct join_watch *watch = context;

	(void)events;
	(void)err;
	watch->ended = true;
	return 0;
}

static int take_terminal(struct join_watch *watch, int socket_fd, struct error *err)
{
	struct error gone = { 0 };
	int r;

	/* A process that failed before it had a terminal has said why. */
	if (socket_fd < 0 || fd_receive(socket_fd, &watch->master, &gone) < 0)
		return 0;
	r = terminal_copy_size(STDIN_FILENO, watch->master, err);
	if (r == 0)
		r = terminal_set_raw(STDIN_FILENO, &watch->mode, err);
	if (r == 0)
		r = terminal_relay_start(&watch->relay, &watch->poll_set, STDIN_FILENO,
					 STDOUT_FILENO, watch->master, err);
	return r;
}

static int watch_until_end(struct join_watch *watch, int terminal_socket, struct error *err)
{
	int r = take_terminal(watch, terminal_socket, err);

	if (r == 0)
		r = poll_set_add(&watch->poll_set, watch->signal_fd, POLLIN, on_signal, watch, err);
	if (r == 0)
		r = poll_set_add(&watch->poll_set, watch->child->pidfd, POLLIN, on_end, watch, err);
	while (r >= 0 && !watch->ended)
		r = poll_set_wait(&watch->poll_set, -1, err);
	return r;
}

int join_watch(const struct child *child, int signal_fd, int terminal_socket, struct error *err)
{
	struct join_watch watch = { .child = child, .signal_fd = signal_fd, .master = FD_NONE };
	int wait_status = 0;
	int r = watch_until_end(&watch, terminal_socket, err);

	if (watch.master >= 0) {
		result_ignored(terminal_relay_drain(&watch.relay, drain_ms));
		terminal_relay_stop(&watch.relay);
	}
	terminal_restore(&watch.mode);
	poll_set_release(&watch.poll_set);
	cleanup_close(&watch.master);
	if (r >= 0)
		r = child_wait(child, &wait_status, err);
	return r < 0 ? r : exit_status_of(wait_status);
}
