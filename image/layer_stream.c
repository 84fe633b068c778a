/* SPDX-License-Identifier: Apache-2.0 */
#include "image/layer_stream.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/base/file.h"

struct frame_header {
	uint32_t frame, length;
};

int layer_stream_write(int fd, enum layer_frame frame, const void *data, size_t length)
{
	const struct frame_header header = { (uint32_t)frame, (uint32_t)length };
	struct iovec parts[2] = {
		{ .iov_base = (void *)(uintptr_t)&header, .iov_len = sizeof(header) },
		{ .iov_base = (void *)(uintptr_t)data, .iov_len = length },
	};
	ssize_t n;

	do
		n = writev(fd, parts, 2);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	/* A signal may have cut it; a header is never cut by a pipe. */
	if ((size_t)n < sizeof(header))
		return -EIO;
	return file_write_fd(fd, (const char *)data + (n - (ssize_t)sizeof(header)),
			     length + sizeof(header) - (size_t)n);
}

static int read_whole(int fd, void *buffer, size_t size, struct error *err)
{
	size_t filled = 0;

	while (filled < size) {
		ssize_t n = read(fd, (char *)buffer + filled, size - filled);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_from_errno(err, "reading the image");
		if (n == 0)
			return error_set(err, EPIPE, "the process that reads the image was killed");
		filled += (size_t)n;
	}
	return 0;
}

static int take_error(struct layer_stream *stream, size_t length, struct error *err)
{
	struct error told = { 0 };
	int r = length == sizeof(told) ? read_whole(stream->fd, &told, sizeof(told), err)
				       : error_set(err, EPROTO, "reading the image: nonsense");

	if (r < 0)
		return r;
	told.text[sizeof(told.text) - 1] = '\0';
	return error_set(err, told.code > 0 ? told.code : EPROTO, "%s", told.text);
}

static int read_header(struct layer_stream *stream, struct frame_header *ret, struct error *err)
{
	int r = read_whole(stream->fd, ret, sizeof(*ret), err);

	if (r < 0)
		return r;
	return ret->frame == FRAME_ERROR ? take_error(stream, ret->length, err) : 0;
}

int layer_stream_expect(struct layer_stream *stream, enum layer_frame frame, struct text *out,
			size_t max, struct error *err)
{
	struct frame_header header;
	char buffer[4096];
	int r = read_header(stream, &header, err);

	if (r < 0)
		return r;
	if (header.frame != (uint32_t)frame || header.length > max ||
	    (header.length > 0 && out == NULL))
		return error_set(err, EPROTO, "reading the image: a frame out of order");
	for (size_t left = header.length; left > 0;) {
		size_t n = left < sizeof(buffer) ? left : sizeof(buffer);

		r = read_whole(stream->fd, buffer, n, err);
		if (r < 0)
			return r;
		(void)text_append_bytes(out, buffer, n);
		left -= n;
	}
	r = out != NULL ? text_status(out) : 0;
	return r < 0 ? error_set(err, -r, "reading the image: %s", strerror(-r)) : 0;
}

ssize_t layer_stream_read(struct layer_stream *stream, void *buffer, size_t size, struct error *err)
{
	struct frame_header header;
	ssize_t n;
	int r;

	while (stream->data_left == 0) {
		r = read_header(stream, &header, err);
		if (r < 0)
			return r;
		if (header.frame == FRAME_LAYER_END && header.length == 0)
			return 0;
		if (header.frame != FRAME_DATA || header.length > LAYER_FRAME_BYTES)
			return error_set(err, EPROTO, "reading the image: a frame out of order");
		stream->data_left = header.length;
	}
	if (size > stream->data_left)
		size = stream->data_left;
	do
		n = read(stream->fd, buffer, size);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return error_from_errno(err, "reading the image");
	if (n == 0)
		return error_set(err, EPIPE, "the process that reads the image was killed");
	stream->data_left -= (size_t)n;
	return n;
}
