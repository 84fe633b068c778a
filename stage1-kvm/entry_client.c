/* SPDX-License-Identifier: Apache-2.0 */
/* The side of entry.h that enters. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/process/fd_passing.h"
#include "common/process/signals.h"
#include "common/process/terminal.h"
#include "common/process/terminal_relay.h"
#include "stage1-kvm/entry.h"
#include "stage1-kvm/session.h"

struct visit {
	struct poll_set poll_set;
	int leader; /* the socket */
	int signal_fd;
	int input[2]; /* a terminal's input, on its way to the leader */
	bool over;
	int status;
	struct terminal_mode mode;
	struct terminal_relay relay;
};

static int connect_to_leader(int *ret_fd, struct error *err)
{
	const struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = ENTRY_SOCKET };
	auto_close int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return error_from_errno(err, "connecting to the pod's virtual machine");
	*ret_fd = take_fd(&fd);
	return 0;
}

static int send_frame(int leader, const struct frame *frame, struct error *err)
{
	unsigned char record[FRAME_HEADER + FRAME_MAX];

	frame_write_header(record, frame);
	if (frame->length > 0)
		memcpy(record + FRAME_HEADER, frame->payload, frame->length);
	if (send(leader, record, FRAME_HEADER + frame->length, MSG_NOSIGNAL) < 0)
		return error_from_errno(err, "asking the pod's leader");
	return 0;
}

int entry_ask_counts(const char *app, const int fds[3], int *ret_leader, struct error *err)
{
	static const char *const argv[] = { "stats", NULL };
	const struct session_request request = {
		.session = 1, .flags = SESSION_COUNT, .app = app, .argv = argv
	};
	unsigned char payload[FRAME_MAX];
	auto_close int leader = FD_NONE;
	struct frame frame;
	int r = session_write(&request, payload, &frame, err);

	if (r == 0)
		r = connect_to_leader(&leader, err);
	for (size_t i = 0; r == 0 && i < 3; i++)
		r = fd_send(leader, fds[i], err);
	if (r == 0)
		r = send_frame(leader, &frame, err);
	if (r == 0)
		*ret_leader = take_fd(&leader);
	return r;
}

static int ask(struct visit *visit, const struct app_join *join, struct error *err)
{
	int fds[] = { STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO };
	struct session_request request = { .session = 1,
					   .flags = session_flags_of(fds),
					   .app = join->app->name,
					   .terminal_type = join->terminal_type,
					   .argv = join->argv };
	unsigned char payload[FRAME_MAX];
	struct frame frame;
	int r;

	session_get_size(STDIN_FILENO, &request.rows, &request.columns);
	r = session_write(&request, payload, &frame, err);
	if (r == 0 && (request.flags & SESSION_IN_TTY) != 0) {
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, visit->input) < 0)
			return error_from_errno(err, "making a socket pair");
		fds[0] = visit->input[1];
	}
	for (size_t i = 0; r == 0 && i < ARRAY_LENGTH(fds); i++)
		r = fd_send(visit->leader, fds[i], err);
	if (r == 0)
		r = send_frame(visit->leader, &frame, err);
	cleanup_close(&visit->input[1]);
	return r;
}

static int on_leader(short events, void *context, struct error *err)
{
	struct visit *visit = context;
	unsigned char record[FRAME_HEADER + FRAME_MAX];
	struct frame frame;
	int r = entry_receive(visit->leader, record, sizeof(record), &frame, err);

	(void)events;
	if (r < 0)
		return r;
	if (r == 0)
		return error_set(err, EPIPE, "the pod ended");
	if (frame.kind == FRAME_EXIT) {
		visit->over = true;
		visit->status = (int)frame_get_u32(frame.payload);
	}
	return 0;
}

static int send_size(const struct visit *visit, struct error *err)
{
	unsigned char payload[4];
	uint16_t rows, columns;

	session_get_size(STDIN_FILENO, &rows, &columns);
	frame_put_u16(payload, rows);
	frame_put_u16(payload + 2, columns);
	return send_frame(visit->leader,
			  &(const struct frame){
			      .kind = FRAME_RESIZE, .payload = payload, .length = sizeof(payload) },
			  err);
}

static int pass_signal(const struct visit *visit, int number, struct error *err)
{
	unsigned char payload[4];

	if (number == SIGWINCH)
		return visit->input[0] >= 0 ? send_size(visit, err) : 0;
	if (!signals_are_forwarded(number))
		return 0;
	frame_put_u32(payload, (uint32_t)number);
	return send_frame(visit->leader,
			  &(const struct frame){
			      .kind = FRAME_SIGNAL, .payload = payload, .length = sizeof(payload) },
			  err);
}

static int on_signal(short events, void *context, struct error *err)
{
	struct visit *visit = context;
	struct signalfd_siginfo info;
	int r;

	(void)events;
	while ((r = signals_next(visit->signal_fd, &info, err)) == 1) {
		r = pass_signal(visit, (int)info.ssi_signo, err);
		if (r < 0)
			return r;
	}
	return r;
}

static int lend_terminal(struct visit *visit, struct error *err)
{
	int r;

	if (visit->input[0] < 0)
		return 0;
	r = terminal_set_raw(STDIN_FILENO, &visit->mode, err);
	return r < 0 ? r
		     : terminal_relay_start(&visit->relay, &visit->poll_set, STDIN_FILENO,
					    STDOUT_FILENO, visit->input[0], err);
}

static int stay(struct visit *visit, const struct app_join *join, struct error *err)
{
	int r = signals_to_fd(&visit->signal_fd, err);

	if (r == 0)
		r = connect_to_leader(&visit->leader, err);
	if (r == 0)
		r = ask(visit, join, err);
	if (r == 0)
		r = lend_terminal(visit, err);
	if (r == 0)
		r = poll_set_add(&visit->poll_set, visit->signal_fd, POLLIN, on_signal, visit, err);
	if (r == 0)
		r = poll_set_add(&visit->poll_set, visit->leader, POLLIN, on_leader, visit, err);
	while (r >= 0 && !visit->over)
		r = poll_set_wait_small(&visit->poll_set, err);
	return r < 0 ? r : visit->status;
}

int entry_join(const struct app_join *join, struct error *err)
{
	struct visit visit = { .leader = FD_NONE,
			       .signal_fd = FD_NONE,
			       .input = { FD_NONE, FD_NONE } };
	int r = stay(&visit, join, err);

	terminal_restore(&visit.mode);
	poll_set_release(&visit.poll_set);
	cleanup_close(&visit.leader);
	cleanup_close(&visit.signal_fd);
	cleanup_close(&visit.input[0]);
	cleanup_close(&visit.input[1]);
	return r;
}
