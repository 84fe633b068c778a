/* SPDX-License-Identifier: Apache-2.0 */
#include "common/process/terminal_relay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "common/process/deadline.h"

static bool has_content(const struct terminal_relay_pipe *pipe)
{
	return pipe->start < pipe->end;
}

static bool wants_content(const struct terminal_relay_pipe *pipe)
{
	return !pipe->from_ended && !has_content(pipe);
}

/* Fills an empty buffer with one read. */
static void fill(struct terminal_relay_pipe *pipe)
{
	ssize_t n = read(pipe->from, pipe->data, sizeof(pipe->data));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* A pty without slaves and a terminal that was hung up say EIO. */
	if (n <= 0) {
		pipe->from_ended = true;
		return;
	}
	pipe->start = 0;
	pipe->end = (size_t)n;
}

static void write_out(struct terminal_relay_pipe *pipe)
{
	while (has_content(pipe)) {
		ssize_t n = pipe->to_broken ? -EPIPE
					    : output_fd_write(&pipe->to, pipe->data + pipe->start,
							      pipe->end - pipe->start);

		if (n == -EAGAIN)
			return;
		if (n < 0) {
			pipe->to_broken = true;
			pipe->start = pipe->end;
			return;
		}
		pipe->start += (size_t)n;
	}
}

/* The caller's input has ended: the app reads an end of file, too. */
static void pass_end_of_input(struct terminal_relay *relay)
{
	struct termios mode;

	if (tcgetattr(relay->master, &mode) < 0 || (mode.c_lflag & ICANON) == 0)
		return; /* a raw terminal has no end */
	relay->input.data[0] = (char)mode.c_cc[VEOF];
	relay->input.start = 0;
	relay->input.end = 1;
}

static void listen_to(struct terminal_relay *relay, int fd, bool reading, bool writing)
{
	short events = POLL_NOTHING;

	if (reading && writing)
		events = POLLIN | POLLOUT;
	else if (reading)
		events = POLLIN;
	else if (writing)
		events = POLLOUT;
	poll_set_change(relay->poll_set, fd, events);
}

static void update(struct terminal_relay *relay)
{
	struct terminal_relay_pipe *input = &relay->input, *output = &relay->output;
	bool connected = !output->from_ended; /* else the pty was hung up */

	listen_to(relay, input->from, connected && wants_content(input), false);
	listen_to(relay, relay->master, wants_content(output), connected && has_content(input));
	listen_to(relay, output->to.fd, false, has_content(output));
}

static int on_input(short events, void *context, struct error *err)
{
	struct terminal_relay *relay = context;

	(void)events;
	(void)err;
	fill(&relay->input);
	if (relay->input.from_ended)
		pass_end_of_input(relay);
	write_out(&relay->input);
	update(relay);
	return 0;
}

static int on_master(short events, void *context, struct error *err)
{
	struct terminal_relay *relay = context;

	(void)err;
	write_out(&relay->input);
	if (events & (POLLIN | POLLHUP | POLLERR) && wants_content(&relay->output))
		fill(&relay->output);
	write_out(&relay->output);
	update(relay);
	return 0;
}

static int on_output(short events, void *context, struct error *err)
{
	struct terminal_relay *relay = context;

	(void)events;
	(void)err;
	write_out(&relay->output);
	update(relay);
	return 0;
}

int terminal_relay_open(struct terminal_relay *relay, struct poll_set *poll_set,
			const struct terminal_relay_ends *ends, struct error *err)
{
	int input = ends->input, output = ends->output, master = ends->master;
	int r;

	*relay = (struct terminal_relay){ .poll_set = poll_set, .master = master };
	relay->input.from = input;
	relay->input.to = (struct output_fd){ .fd = master, .kind = OUTPUT_FD_FILE };
	relay->output.from = master;
	output_fd_init(&relay->output.to, output);
	if (fcntl(master, F_SETFL, O_NONBLOCK) < 0)
		return error_from_errno(err, "relaying a terminal");
	r = poll_set_add(poll_set, input, POLLIN, on_input, relay, err);
	if (r == 0)
		r = poll_set_add(poll_set, master, POLLIN, on_master, relay, err);
	if (r == 0)
		r = poll_set_add(poll_set, output, POLL_NOTHING, on_output, relay, err);
	if (r < 0)
		terminal_relay_stop(relay);
	return r;
}

bool terminal_relay_has_ended(const struct terminal_relay *relay)
{
	return relay->output.from_ended && !has_content(&relay->output);
}

/* Whether the pty has output or has been hung up; asking makes the kernel hand over what is under
 * way. */
static bool is_readable(int master)
{
	struct pollfd wanted = { .fd = master, .events = POLLIN };

	return poll(&wanted, 1, 0) > 0;
}

int terminal_relay_drain(struct terminal_relay *relay, int timeout_ms)
{
	int64_t deadline_ms = deadline_after_ms(timeout_ms);
	struct terminal_relay_pipe *output = &relay->output;
	struct pollfd wanted = { .fd = output->to.fd, .events = POLLOUT };

	for (;;) {
		write_out(output);
		if (!has_content(output)) {
			if (output->from_ended || !is_readable(relay->master))
				return 0;
			fill(output);
			continue;
		}
		if (deadline_has_passed(deadline_ms))
			return -ETIMEDOUT;
		if (poll(&wanted, 1, deadline_left_ms(deadline_ms)) < 0 && errno != EINTR)
			return -errno;
	}
}

void terminal_relay_stop(struct terminal_relay *relay)
{
	if (relay->poll_set == NULL)
		return;
	poll_set_remove(relay->poll_set, relay->input.from);
	poll_set_remove(relay->poll_set, relay->master);
	poll_set_remove(relay->poll_set, relay->output.to.fd);
	relay->poll_set = NULL;
}
