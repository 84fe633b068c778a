/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/channel/stream.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* A sink grants credit in portions, not for every few bytes. */
#define GRANT_AT (STREAM_WINDOW / 4)

static int on_input(short events, void *context, struct error *err);

static bool may_send(const struct stream_source *source)
{
	return !source->ended && source->credit > 0 && !channel_is_busy(source->channel);
}

void stream_source_listen(struct stream_source *source)
{
	bool wanted = may_send(source);

	if (source->ended || wanted == source->listening)
		return;
	source->listening = wanted;
	poll_set_change(source->channel->poll_set, source->fd, wanted ? POLLIN : POLL_NOTHING);
}

static void end_source(struct stream_source *source)
{
	if (source->ended)
		return;
	source->ended = true;
	poll_set_remove(source->channel->poll_set, source->fd);
	if (source->on_end != NULL)
		source->on_end(source->context);
}

int stream_source_open(struct stream_source *source, struct error *err)
{
	source->credit = STREAM_WINDOW;
	source->ended = false;
	source->listening = true;
	source->next = source->channel->sources;
	source->channel->sources = source;
	return poll_set_add(source->channel->poll_set, source->fd, POLLIN, on_input, source, err);
}

void stream_source_release(struct stream_source *source)
{
	struct stream_source **link = &source->channel->sources;

	while (*link != NULL && *link != source)
		link = &(*link)->next;
	if (*link == source)
		*link = source->next;
	if (!source->ended)
		poll_set_remove(source->channel->poll_set, source->fd);
	source->ended = true;
}

/* 1: some was sent, 0: there is none now, or the end was sent. */
static int send_some(struct stream_source *source, struct error *err)
{
	unsigned char data[FRAME_MAX];
	size_t most = source->credit < sizeof(data) ? (size_t)source->credit : sizeof(data);
	ssize_t n = read(source->fd, data, most);
	int r;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	/* A pty without slaves and a terminal that was hung up say EIO. */
	if (n <= 0) {
		r = channel_send_empty(source->channel, FRAME_END, source->stream, err);
		end_source(source);
		return r;
	}
	source->credit -= (uint64_t)n;
	r = channel_send(source->channel,
			 &(const struct frame){ .kind = FRAME_DATA,
						.stream = source->stream,
						.payload = data,
						.length = (size_t)n },
			 err);
	return r < 0 ? r : 1;
}

static int on_input(short events, void *context, struct error *err)
{
	struct stream_source *source = context;
	int r = 0;

	(void)events;
	if (may_send(source))
		r = send_some(source, err);
	stream_source_listen(source);
	return r < 0 ? r : 0;
}

int stream_source_drain(struct stream_source *source, struct error *err)
{
	int r = 1;

	while (r == 1 && may_send(source)) {
		struct pollfd wanted = { .fd = source->fd, .events = POLLIN };

		if (poll(&wanted, 1, 0) < 1)
			break;
		r = send_some(source, err);
	}
	stream_source_listen(source);
	return r < 0 ? r : 0;
}

int stream_source_grant(struct stream_source *source, uint32_t bytes, struct error *err)
{
	if (bytes > STREAM_WINDOW || source->credit + bytes > STREAM_WINDOW)
		return error_set(err, EPROTO, "the channel: stream %u was granted too much",
				 source->stream);
	source->credit += bytes;
	stream_source_listen(source);
	return 0;
}

void stream_source_stop(struct stream_source *source)
{
	end_source(source);
}

int stream_sink_open(struct stream_sink *sink, int fd, struct error *err)
{
	sink->buffer = NULL;
	sink->start = sink->end = sink->taken = sink->handed = 0;
	sink->ended = sink->broken = false;
	sink->output.fd = FD_NONE;
	(void)err;
	if (fd >= 0)
		output_fd_init(&sink->output, fd);
	return 0;
}

bool stream_sink_is_idle(const struct stream_sink *sink)
{
	return sink->start == sink->end;
}

static void forget(struct stream_sink *sink)
{
	if (sink->buffer == NULL)
		return;
	poll_set_remove(sink->channel->poll_set, sink->output.fd);
	cleanup_free(&sink->buffer);
}

void stream_sink_release(struct stream_sink *sink)
{
	forget(sink);
	sink->start = sink->end = 0;
}

static int grant(struct stream_sink *sink, struct error *err)
{
	size_t bytes = sink->handed;

	if (bytes < GRANT_AT || sink->ended)
		return 0;
	sink->taken -= bytes;
	sink->handed = 0;
	return channel_send_u32(sink->channel, FRAME_CREDIT, sink->stream, (uint32_t)bytes, err);
}

static int give_up(struct stream_sink *sink, struct error *err)
{
	sink->broken = true;
	sink->start = sink->end = 0;
	if (sink->on_end != NULL)
		sink->on_end(sink->context);
	return sink->ended ? 0 : channel_send_empty(sink->channel, FRAME_STOP, sink->stream, err);
}

/* 0: as much as goes now is written. */
static int write_some(struct stream_sink *sink, const char *data, size_t length,
		      size_t *ret_written, struct error *err)
{
	size_t done = 0;

	while (done < length && !sink->broken) {
		ssize_t n = sink->output.fd < 0
				? -EPIPE
				: output_fd_write(&sink->output, data + done, length - done);

		if (n == -EAGAIN)
			break;
		if (n < 0) {
			int r = give_up(sink, err);

			if (r < 0)
				return r;
			break;
		}
		done += (size_t)n;
	}
	if (sink->broken)
		done = length;
	sink->handed += done;
	*ret_written = done;
	return 0;
}

static void end_if_written(struct stream_sink *sink)
{
	if (!sink->ended || sink->start < sink->end)
		return;
	if (!sink->broken && sink->on_end != NULL)
		sink->on_end(sink->context);
}

static int on_room(short events, void *context, struct error *err)
{
	struct stream_sink *sink = context;
	size_t written = 0;
	int r;

	(void)events;
	r = write_some(sink, sink->buffer + sink->start, sink->end - sink->start, &written, err);
	if (r < 0)
		return r;
	if (!sink->broken)
		sink->start += written;
	if (sink->start == sink->end) {
		forget(sink);
		end_if_written(sink);
	}
	return grant(sink, err);
}

/* What does not go out at once waits; an idle sink holds no buffer. */
static int keep(struct stream_sink *sink, const char *data, size_t length, struct error *err)
{
	if (sink->buffer == NULL) {
		sink->buffer = malloc(STREAM_WINDOW);
		if (sink->buffer == NULL)
			return error_set(err, ENOMEM, "keeping output: out of memory");
		sink->start = sink->end = 0;
		if (poll_set_add(sink->channel->poll_set, sink->output.fd, POLLOUT, on_room, sink,
				 err) < 0) {
			cleanup_free(&sink->buffer);
			return -err->code;
		}
	}
	memmove(sink->buffer, sink->buffer + sink->start, sink->end - sink->start);
	sink->end -= sink->start;
	sink->start = 0;
	memcpy(sink->buffer + sink->end, data, length);
	sink->end += length;
	return 0;
}

int stream_sink_take(struct stream_sink *sink, const struct frame *frame, struct error *err)
{
	const char *data = (const char *)frame->payload;
	size_t written = 0;
	int r = 0;

	if (sink->ended || frame->length > STREAM_WINDOW - sink->taken)
		return error_set(err, EPROTO, "the channel: stream %u carries more than it may",
				 sink->stream);
	sink->taken += frame->length;
	if (stream_sink_is_idle(sink))
		r = write_some(sink, data, frame->length, &written, err);
	if (r == 0 && written < frame->length)
		r = keep(sink, data + written, frame->length - written, err);
	return r < 0 ? r : grant(sink, err);
}

int stream_sink_finish(struct stream_sink *sink, struct error *err)
{
	if (sink->ended)
		return error_set(err, EPROTO, "the channel: stream %u ended twice", sink->stream);
	sink->ended = true;
	end_if_written(sink);
	return 0;
}
