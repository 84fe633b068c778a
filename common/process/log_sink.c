/* SPDX-License-Identifier: Apache-2.0 */
#include "common/process/log_internal.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/process/deadline.h"

#define FIRST_CAPACITY ((size_t)4 << 10)

static void drop_content(struct log_sink *sink)
{
	cleanup_free(&sink->data);
	sink->capacity = sink->start = sink->end = 0;
}

/* Writes what goes without waiting. */
static void write_out(struct log_sink *sink)
{
	while (sink->start < sink->end) {
		ssize_t n = output_fd_write(&sink->output, sink->data + sink->start,
					    sink->end - sink->start);

		if (n == -EAGAIN)
			return;
		if (n < 0) {
			sink->broken = true;
			break;
		}
		sink->start += (size_t)n;
	}
	drop_content(sink);
}

/* The reader may empty his pipe between a line that found no room and this: then nothing is left
 * to be written, but relays have to be told. */
void log_sink_update(struct log_sink *sink)
{
	write_out(sink);
	poll_set_change(sink->poll_set, sink->output.fd,
			log_sink_is_empty(sink) && !sink->awaited ? POLL_NOTHING : POLLOUT);
}

static int on_writable(short events, void *context, struct error *err)
{
	struct log_sink *sink = context;

	(void)events;
	(void)err;
	sink->awaited = false;
	log_sink_update(sink);
	log_relay_resume_all(sink);
	return 0;
}

int log_sink_init(struct log_sink *sink, int fd, struct poll_set *poll_set, struct error *err)
{
	*sink = (struct log_sink){ .poll_set = poll_set };
	output_fd_init(&sink->output, fd);
	return poll_set_add(poll_set, fd, POLL_NOTHING, on_writable, sink, err);
}

void log_sink_release(struct log_sink *sink)
{
	if (sink->poll_set != NULL)
		poll_set_remove(sink->poll_set, sink->output.fd);
	drop_content(sink);
	*sink = (struct log_sink){ .output.fd = FD_NONE };
}

bool log_sink_is_empty(const struct log_sink *sink)
{
	return sink->start == sink->end;
}

/* Makes room for length bytes behind end; false: there is none now. */
static bool make_room(struct log_sink *sink, size_t length)
{
	size_t needed = sink->end - sink->start + length;
	size_t capacity = sink->capacity > 0 ? sink->capacity : FIRST_CAPACITY;
	char *data;

	if (needed > LOG_SINK_SIZE)
		return false;
	if (sink->start > 0) {
		memmove(sink->data, sink->data + sink->start, sink->end - sink->start);
		sink->end -= sink->start;
		sink->start = 0;
	}
	while (capacity < needed)
		capacity *= 2;
	if (capacity == sink->capacity)
		return true;
	data = realloc(sink->data, capacity);
	if (data == NULL)
		return false;
	sink->data = data;
	sink->capacity = capacity;
	return true;
}

static void add(struct log_sink *sink, const char *data, size_t length)
{
	memcpy(sink->data + sink->end, data, length);
	sink->end += length;
}

bool log_sink_put_line(struct log_sink *sink, struct log_bytes mark, struct log_bytes line)
{
	size_t needed = mark.length + line.length + 1;

	if (sink->broken)
		return true;
	if (sink->end + needed > sink->capacity && !make_room(sink, needed)) {
		write_out(sink);
		if (sink->broken)
			return true;
		if (!make_room(sink, needed)) {
			sink->awaited = !log_sink_is_empty(sink);
			return !sink->awaited; /* no memory: the line is lost */
		}
	}
	add(sink, mark.data, mark.length);
	add(sink, line.data, line.length);
	add(sink, "\n", 1);
	return true;
}

int log_sink_wait(struct log_sink *sink, int64_t deadline_ms)
{
	struct pollfd wanted = { .fd = sink->output.fd, .events = POLLOUT };
	int r = poll(&wanted, 1, deadline_left_ms(deadline_ms));

	if (r < 0 && errno != EINTR)
		return -errno;
	if (r == 0 && deadline_has_passed(deadline_ms))
		return -ETIMEDOUT;
	log_sink_update(sink);
	return 0;
}

int log_sink_flush(struct log_sink *sink, int timeout_ms)
{
	int64_t deadline_ms = deadline_after_ms(timeout_ms);
	int r = 0;

	log_sink_update(sink);
	while (r == 0 && !log_sink_is_empty(sink))
		r = log_sink_wait(sink, deadline_ms);
	return r;
}
