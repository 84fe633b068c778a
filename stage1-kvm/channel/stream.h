/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream.h - stdin, stdout and stderr of a session, over the channel and under credit.
 *
 * A source reads an fd and sends what it reads, never more than its credit.  A sink
 * takes what arrives and writes it to an fd; what cannot be written yet waits in
 * at most STREAM_WINDOW bytes, and credit is granted as it goes out: a slow
 * reader makes the sender wait, nobody's memory grow.
 *
 * Ends:       a source whose fd has ended, or whom the receiver told to stop, says END or
 *             closes; a sink whose fd nobody reads says STOP and drops the rest.
 * Ownership:  both borrow channel and fd, a source is linked into the channel until
 *             released; a sink owns its buffer.
 */
#pragma once

#include "common/process/output_fd.h"
#include "stage1-kvm/channel/channel.h"

struct stream_source {
	struct channel *channel;
	struct stream_source *next;
	uint32_t stream;
	int fd;
	uint64_t credit;
	bool ended; /* nothing more will be sent */
	bool listening;
	/* Called once, when the source has ended by itself or was stopped; may be NULL. */
	void (*on_end)(void *context);
	void *context;
};

/* channel, stream, fd, on_end and context are given. */
int stream_source_open(struct stream_source *source, struct error *err) MUST_CHECK;
void stream_source_release(struct stream_source *source);

/* Reads what is there now, without waiting, as far as the credit goes; for an fd at its end. */
int stream_source_drain(struct stream_source *source, struct error *err) MUST_CHECK;

/* Waits for input, if the source may send some. */
void stream_source_listen(struct stream_source *source);

/* CREDIT arrived; STOP arrived. */
int stream_source_grant(struct stream_source *source, uint32_t bytes, struct error *err) MUST_CHECK;
void stream_source_stop(struct stream_source *source);

struct stream_sink {
	struct channel *channel;
	uint32_t stream;
	struct output_fd output; /* fd FD_NONE: what arrives is dropped */
	char *buffer;
	size_t start, end;
	size_t taken;  /* received, not granted again */
	size_t handed; /* of these, written: to be granted */
	bool ended;    /* END arrived */
	bool broken;   /* nobody reads */
	/* Called when END arrived and everything is written, or nobody reads; may be NULL. */
	void (*on_end)(void *context);
	void *context;
};

/* channel, stream, on_end and context are given. */
int stream_sink_open(struct stream_sink *sink, int fd, struct error *err) MUST_CHECK;
void stream_sink_release(struct stream_sink *sink);

/* DATA arrived; END arrived. */
int stream_sink_take(struct stream_sink *sink, const struct frame *frame,
		     struct error *err) MUST_CHECK;
int stream_sink_finish(struct stream_sink *sink, struct error *err) MUST_CHECK;

/* Whether all that arrived is written, or will never be. */
bool stream_sink_is_idle(const struct stream_sink *sink);
