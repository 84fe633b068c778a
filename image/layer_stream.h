/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layer_stream.h - a pipe between the process that reads an image and the one that
 * writes its files; for this folder only.
 *
 * Frames, in this order: origin, configuration, for each layer a begin, its unpacked bytes
 * and an end; then an end of all.  Instead of any of them an error, which is the last.
 * The reader of a pipe believes nothing of it: lengths are bounded, the order is checked.
 *
 * Errors:     -EPROTO: not these frames; -EPIPE: the other end is gone; what the other
 *             end has reported; else -errno.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/base/text.h"
#include "image/digest_worker.h"

enum layer_frame {
	FRAME_ORIGIN = 1,
	FRAME_CONFIG,
	FRAME_LAYER,
	FRAME_DATA,
	FRAME_LAYER_END,
	FRAME_END,
	FRAME_ERROR, /* a struct error */
};

#define LAYER_FRAME_BYTES DIGEST_WORKER_BYTES /* most data of one frame */
#define LAYER_PIPE_BYTES  (1 << 20)

int layer_stream_write(int fd, enum layer_frame frame, const void *data, size_t length) MUST_CHECK;

struct layer_stream {
	int fd;
	size_t data_left; /* of the frame that is being read */
};

/* The next frame, which must be this one, appended to out (NULL: it must be empty). */
int layer_stream_expect(struct layer_stream *stream, enum layer_frame frame, struct text *out,
			size_t max, struct error *err) MUST_CHECK;

/* Data of the layer that has begun: up to size bytes, 0 at its end. */
ssize_t layer_stream_read(struct layer_stream *stream, void *buffer, size_t size,
			  struct error *err) MUST_CHECK;
