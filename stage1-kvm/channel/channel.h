/* SPDX-License-Identifier: Apache-2.0 */
/*
 * channel.h - one end of the byte stream between host and guest: frames in, frames out.
 *
 * Frames that arrive are given to on_frame().  Frames that are sent go out at once
 * or wait in a buffer; who has much to send (stream.h) stops while
 * channel_is_busy() and is called back when that is over.
 *
 * Memory:     one frame of what arrives; CHANNEL_OUT_MAX of what waits: a peer that
 *             does not read for as long makes channel_send() fail (-ENOBUFS).
 * Ownership:  borrows fd (made non-blocking) and poll set, which must outlive it.
 * Errors:     -EPROTO: the peer broke the protocol; on_frame's own go through.
 */
#pragma once

#include <stdbool.h>

#include "common/base/error.h"
#include "common/process/poll_set.h"
#include "stage1-kvm/channel/frame.h"

#define CHANNEL_OUT_BUSY ((size_t)64 << 10)
#define CHANNEL_OUT_MAX  ((size_t)1 << 20)

struct stream_source;

struct channel {
	int fd;
	struct poll_set *poll_set;
	int (*on_frame)(void *context, const struct frame *frame, struct error *err);
	void *context;
	bool is_open; /* the peer is there */
	unsigned char *in;
	size_t n_in;
	unsigned char *out;
	size_t out_start, out_end, out_capacity;
	struct stream_source *sources; /* of all streams, for when the channel has room again */
};

/* channel->on_frame and context are given; the rest is filled. */
int channel_open(struct channel *channel, struct poll_set *poll_set, int fd,
		 struct error *err) MUST_CHECK;
void channel_release(struct channel *channel);

int channel_send(struct channel *channel, const struct frame *frame, struct error *err) MUST_CHECK;

/* Sends a frame of one u32, or of none. */
int channel_send_u32(struct channel *channel, enum frame_kind kind, uint32_t stream, uint32_t value,
		     struct error *err) MUST_CHECK;
int channel_send_empty(struct channel *channel, enum frame_kind kind, uint32_t stream,
		       struct error *err) MUST_CHECK;

/* Whether senders should wait: what was sent last has not gone out. */
bool channel_is_busy(const struct channel *channel);

/* Writes what waits, at most timeout_ms (negative: for ever); -ETIMEDOUT, -EPIPE. */
int channel_flush(struct channel *channel, int timeout_ms, struct error *err) MUST_CHECK;

/* For tests and fuzzing: takes bytes as if they had arrived. */
int channel_take(struct channel *channel, const unsigned char *data, size_t length,
		 struct error *err) MUST_CHECK;
