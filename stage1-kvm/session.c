/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/session.h"

#include <errno.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/process/deadline.h"

/* How long the last output may take to reach a slow reader, in ms. */
static const int flush_ms = 5000;

void session_get_size(int fd, uint16_t *ret_rows, uint16_t *ret_columns)
{
	struct winsize size = { 0 };

	if (fd >= 0)
		(void)ioctl(fd, TIOCGWINSZ, &size);
	*ret_rows = size.ws_row;
	*ret_columns = size.ws_col;
}

unsigned session_flags_of(const int fds[3])
{
	static const unsigned flags[] = { SESSION_IN_TTY, SESSION_OUT_TTY, SESSION_ERR_TTY };
	unsigned all = SESSION_STDIN;

	for (size_t i = 0; i < ARRAY_LENGTH(flags); i++) {
		if (isatty(fds[i]) == 1)
			all |= flags[i];
	}
	/* The guest has one terminal: stdin's. */
	return (all & SESSION_IN_TTY) != 0 ? all : SESSION_STDIN;
}

int session_open(struct session *session, const struct session_request *request, struct error *err)
{
	unsigned char payload[FRAME_MAX];
	struct frame frame;
	int r = session_write(request, payload, &frame, err);

	session->has_in = (request->flags & SESSION_STDIN) != 0;
	session->input = (struct stream_source){ .channel = session->channel,
						 .stream = FRAME_STREAM(session->id, 0),
						 .fd = session->fds[0],
						 .ended = true };
	for (unsigned i = 0; r == 0 && i < 2; i++) {
		session->outputs[i] =
		    (struct stream_sink){ .channel = session->channel,
					  .stream = FRAME_STREAM(session->id, i + 1) };
		r = stream_sink_open(&session->outputs[i], session->fds[i + 1], err);
	}
	if (r == 0)
		r = channel_send(session->channel, &frame, err);
	if (r == 0 && session->has_in)
		r = stream_source_open(&session->input, err);
	return r;
}

void session_release(struct session *session)
{
	if (session->has_in)
		stream_source_release(&session->input);
	for (size_t i = 0; i < ARRAY_LENGTH(session->outputs); i++) {
		if (session->outputs[i].channel != NULL)
			stream_sink_release(&session->outputs[i]);
	}
	for (size_t i = 0; session->owned && i < ARRAY_LENGTH(session->fds); i++)
		cleanup_close(&session->fds[i]);
	if (session->owned)
		cleanup_close(&session->client);
}

static int break_protocol(const struct frame *frame, struct error *err)
{
	return error_set(err, EPROTO, "the guest sent a frame of kind %u for stream %u",
			 frame->kind, frame->stream);
}

static int take_exit(struct session *session, const struct frame *frame, struct error *err)
{
	uint32_t status = frame_get_u32(frame->payload);

	if (session->exited || status > 255)
		return error_set(err, EPROTO, "the guest sent the exit status %u", status);
	session->exited = true;
	session->status = (int)status;
	session->until_ms = deadline_after_ms(flush_ms);
	return 0;
}

int session_take(struct session *session, const struct frame *frame, struct error *err)
{
	unsigned n = FRAME_STDIO_OF(frame->stream);
	struct stream_sink *sink = n == 1 || n == 2 ? &session->outputs[n - 1] : NULL;

	if (frame->kind == FRAME_EXIT && n == 3)
		return take_exit(session, frame, err);
	if (frame->kind == FRAME_DATA && sink != NULL)
		return stream_sink_take(sink, frame, err);
	if (frame->kind == FRAME_END && sink != NULL)
		return stream_sink_finish(sink, err);
	if (frame->kind == FRAME_CREDIT && n == 0 && session->has_in)
		return stream_source_grant(&session->input, frame_get_u32(frame->payload), err);
	if (frame->kind == FRAME_STOP && n == 0 && session->has_in) {
		stream_source_stop(&session->input);
		return 0;
	}
	return break_protocol(frame, err);
}

bool session_is_over(const struct session *session)
{
	return session->exited && ((stream_sink_is_idle(&session->outputs[0]) &&
				    stream_sink_is_idle(&session->outputs[1])) ||
				   deadline_has_passed(session->until_ms));
}

int session_abandon(struct session *session, struct error *err)
{
	for (size_t i = 0; i < ARRAY_LENGTH(session->outputs); i++) {
		stream_sink_release(&session->outputs[i]);
		session->outputs[i].output.fd = FD_NONE;
	}
	stream_source_stop(&session->input);
	cleanup_close(&session->client);
	return session_send_signal(session, SIGKILL, err);
}

int session_send_signal(const struct session *session, int number, struct error *err)
{
	return channel_send_u32(session->channel, FRAME_SIGNAL, FRAME_OF_SESSION(session->id),
				(uint32_t)number, err);
}

int session_send_size(const struct session *session, uint16_t rows, uint16_t columns,
		      struct error *err)
{
	unsigned char payload[4];

	frame_put_u16(payload, rows);
	frame_put_u16(payload + 2, columns);
	return channel_send(session->channel,
			    &(const struct frame){ .kind = FRAME_RESIZE,
						   .stream = FRAME_OF_SESSION(session->id),
						   .payload = payload,
						   .length = sizeof(payload) },
			    err);
}
