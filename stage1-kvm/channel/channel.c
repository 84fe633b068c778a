/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/channel/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "common/process/deadline.h"
#include "stage1-kvm/channel/stream.h"

#define IN_SIZE (FRAME_HEADER + FRAME_MAX)

static size_t waiting(const struct channel *channel)
{
	return channel->out_end - channel->out_start;
}

/* Waits for what there is to wait for; sources go on when there is room again. */
static void listen_to_peer(struct channel *channel)
{
	for (struct stream_source *source = channel->sources;
	     source != NULL && !channel_is_busy(channel); source = source->next)
		stream_source_listen(source);
	if (channel->is_open)
		poll_set_change(channel->poll_set, channel->fd,
				waiting(channel) > 0 ? POLLIN | POLLOUT : POLLIN);
}

static void lose_peer(struct channel *channel)
{
	channel->is_open = false;
	channel->out_start = channel->out_end = 0;
	poll_set_remove(channel->poll_set, channel->fd);
}

/* 0: all or nothing more goes out now, or the peer is gone. */
static int write_out(struct channel *channel, struct error *err)
{
	while (channel->is_open && waiting(channel) > 0) {
		ssize_t n = write(channel->fd, channel->out + channel->out_start, waiting(channel));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n < 0 && (errno == EPIPE || errno == ECONNRESET || errno == ENODEV)) {
			lose_peer(channel);
			return 0;
		}
		if (n < 0)
			return error_from_errno(err, "writing to the channel");
		channel->out_start += (size_t)n;
	}
	/* An idle channel holds no memory. */
	channel->out_start = channel->out_end = channel->out_capacity = 0;
	cleanup_free(&channel->out);
	return 0;
}

static int take_frames(struct channel *channel, struct error *err)
{
	size_t start = 0;
	int r = 0;

	while (r == 0) {
		struct frame frame;
		long n = frame_read(channel->in + start, channel->n_in - start, &frame, err);

		if (n <= 0) {
			r = (int)n;
			break;
		}
		start += (size_t)n;
		r = channel->on_frame(channel->context, &frame, err);
	}
	memmove(channel->in, channel->in + start, channel->n_in - start);
	channel->n_in -= start;
	return r;
}

int channel_take(struct channel *channel, const unsigned char *data, size_t length,
		 struct error *err)
{
	int r = 0;

	while (r == 0 && length > 0) {
		size_t room = IN_SIZE - channel->n_in;
		size_t n = length < room ? length : room;

		memcpy(channel->in + channel->n_in, data, n);
		channel->n_in += n;
		data += n;
		length -= n;
		r = take_frames(channel, err);
	}
	return r;
}

static int read_in(struct channel *channel, struct error *err)
{
	ssize_t n = read(channel->fd, channel->in + channel->n_in, IN_SIZE - channel->n_in);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n < 0 && errno != ECONNRESET && errno != ENODEV)
		return error_from_errno(err, "reading from the channel");
	if (n <= 0) {
		lose_peer(channel);
		return 0;
	}
	channel->n_in += (size_t)n;
	return take_frames(channel, err);
}

static int on_events(short events, void *context, struct error *err)
{
	struct channel *channel = context;
	int r = 0;

	if ((events & POLLOUT) != 0)
		r = write_out(channel, err);
	if (r == 0 && channel->is_open && (events & (POLLIN | POLLHUP | POLLERR)) != 0)
		r = read_in(channel, err);
	listen_to_peer(channel);
	return r;
}

int channel_open(struct channel *channel, struct poll_set *poll_set, int fd, struct error *err)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return error_from_errno(err, "setting up the channel");
	channel->in = malloc(IN_SIZE);
	if (channel->in == NULL)
		return error_set(err, ENOMEM, "setting up the channel: out of memory");
	channel->fd = fd;
	channel->poll_set = poll_set;
	channel->is_open = true;
	return poll_set_add(poll_set, fd, POLLIN, on_events, channel, err);
}

void channel_release(struct channel *channel)
{
	if (channel->is_open)
		lose_peer(channel);
	cleanup_free(&channel->in);
	cleanup_free(&channel->out);
}

bool channel_is_busy(const struct channel *channel)
{
	return waiting(channel) >= CHANNEL_OUT_BUSY;
}

static int make_room(struct channel *channel, size_t needed, struct error *err)
{
	size_t capacity = channel->out_capacity > 0 ? channel->out_capacity : 4096;
	unsigned char *grown;

	if (channel->out_start > 0) {
		memmove(channel->out, channel->out + channel->out_start, waiting(channel));
		channel->out_end -= channel->out_start;
		channel->out_start = 0;
	}
	while (capacity < channel->out_end + needed)
		capacity *= 2;
	if (capacity == channel->out_capacity)
		return 0;
	grown = realloc(channel->out, capacity);
	if (grown == NULL)
		return error_set(err, ENOMEM, "writing to the channel: out of memory");
	channel->out = grown;
	channel->out_capacity = capacity;
	return 0;
}

int channel_send(struct channel *channel, const struct frame *frame, struct error *err)
{
	size_t needed = FRAME_HEADER + frame->length;
	int r;

	if (!channel->is_open)
		return 0; /* whoever waits for an answer sees the end */
	if (frame->length > FRAME_MAX)
		return error_set(err, EMSGSIZE, "writing to the channel: %zu bytes in one frame",
				 frame->length);
	if (waiting(channel) + needed > CHANNEL_OUT_MAX)
		return error_set(err, ENOBUFS, "writing to the channel: the other side reads none");
	r = make_room(channel, needed, err);
	if (r < 0)
		return r;
	frame_write_header(channel->out + channel->out_end, frame);
	if (frame->length > 0)
		memcpy(channel->out + channel->out_end + FRAME_HEADER, frame->payload,
		       frame->length);
	channel->out_end += needed;
	r = write_out(channel, err);
	listen_to_peer(channel);
	return r;
}

int channel_send_u32(struct channel *channel, enum frame_kind kind, uint32_t stream, uint32_t value,
		     struct error *err)
{
	unsigned char payload[4];

	frame_put_u32(payload, value);
	return channel_send(
	    channel,
	    &(const struct frame){
		.kind = kind, .stream = stream, .payload = payload, .length = sizeof(payload) },
	    err);
}

int channel_send_empty(struct channel *channel, enum frame_kind kind, uint32_t stream,
		       struct error *err)
{
	return channel_send(channel, &(const struct frame){ .kind = kind, .stream = stream }, err);
}

int channel_flush(struct channel *channel, int timeout_ms, struct error *err)
{
	int64_t deadline = deadline_after_ms(timeout_ms);

	while (channel->is_open && waiting(channel) > 0) {
		struct pollfd wanted = { .fd = channel->fd, .events = POLLOUT };
		int n = poll(&wanted, 1, deadline_left_ms(deadline));
		int r;

		if (n < 0 && errno != EINTR)
			return error_from_errno(err, "writing to the channel");
		if (n == 0)
			return error_set(err, ETIMEDOUT,
					 "writing to the channel: the other side reads none");
		r = write_out(channel, err);
		if (r < 0)
			return r;
	}
	listen_to_peer(channel);
	return channel->is_open ? 0 : error_set(err, EPIPE, "the channel: the other side is gone");
}
