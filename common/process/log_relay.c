/* SPDX-License-Identifier: Apache-2.0 */
#include "common/process/log_relay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/process/deadline.h"
#include "common/process/log_internal.h"

#define FIRST_CAPACITY ((size_t)4 << 10)
#define LABEL_SIZE     (LOG_RELAY_NAME_MAX + 24) /* and a number of at most 11 digits */
#define TIME_SIZE      32                        /* "[", 20 digits, ".", 6 digits */
#define MARK_SIZE      (TIME_SIZE + LABEL_SIZE)

struct log_relay {
	struct log_relay *next; /* of the same sink */
	struct log_sink *sink;
	int fd; /* FD_NONE: has ended */
	char *name;
	char label[LABEL_SIZE]; /* "] NAME[PID]: ": what follows the time in a mark */
	size_t label_length;
	void (*keep)(void *context, const char *data, size_t length);
	void *context;
	char *data; /* the beginning of a line, or lines the sink has no room for */
	size_t length, capacity;
	bool cut; /* the last piece was the beginning of a line */
	bool finishing;
	size_t budget; /* finishing: bytes still to be read */
};

/* The last digits of a number, in front of end; where they begin. */
static char *put_digits(char *end, uint64_t number, unsigned least, char fill)
{
	unsigned n = 0;

	do {
		*--end = (char)('0' + number % 10);
		number /= 10;
		n++;
	} while (number > 0);
	for (; n < least; n++)
		*--end = fill;
	return end;
}

/* "[ 1234.567890] app[5]: ", for every line: printf() would take most of the time that a line does.
 */
static struct log_bytes make_mark(const struct log_relay *relay, char text[MARK_SIZE])
{
	struct timespec now = { 0 };
	char *start = text + TIME_SIZE;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	memcpy(start, relay->label, relay->label_length);
	start = put_digits(start, (uint64_t)now.tv_nsec / 1000, 6, '0');
	*--start = '.';
	start = put_digits(start, (uint64_t)now.tv_sec, 5, ' ');
	*--start = '[';
	return (struct log_bytes){ .data = start,
				   .length =
				       (size_t)(text + TIME_SIZE - start) + relay->label_length };
}

static bool put_piece(struct log_relay *relay, size_t start, size_t length)
{
	char text[MARK_SIZE];
	struct log_bytes line = { .data = relay->data + start, .length = length };

	return log_sink_put_line(relay->sink, make_mark(relay, text), line);
}

/* Hands over the complete lines; true: no more of them are left. */
static bool put_lines(struct log_relay *relay)
{
	size_t start = 0;
	bool done = true;

	while (done && start < relay->length) {
		size_t left = relay->length - start;
		const char *newline = memchr(relay->data + start, '\n', left);
		size_t length = newline != NULL ? (size_t)(newline - relay->data) - start : left;
		bool unfinished = newline == NULL;

		if (unfinished && left < LOG_RELAY_PIECE && relay->fd >= 0)
			break;
		/* The newline right behind a piece that was cut ends no further line. */
		done = (relay->cut && length == 0) || put_piece(relay, start, length);
		if (done) {
			start += length + (unfinished ? 0 : 1);
			relay->cut = unfinished;
		}
	}
	relay->length -= start;
	if (start > 0 && relay->length > 0)
		memmove(relay->data, relay->data + start, relay->length);
	if (relay->length == 0) {
		cleanup_free(&relay->data);
		relay->capacity = 0;
	}
	return done;
}

static void hear(struct log_relay *relay, short events)
{
	if (relay->fd >= 0)
		poll_set_change(relay->sink->poll_set, relay->fd, events);
}

static void end(struct log_relay *relay)
{
	if (relay->fd >= 0)
		poll_set_remove(relay->sink->poll_set, relay->fd);
	cleanup_close(&relay->fd);
}

/* Room for more of a line: little at first, all there may be once that was full. */
static int make_room(struct log_relay *relay)
{
	size_t capacity = relay->capacity == 0 ? FIRST_CAPACITY : LOG_RELAY_PIECE;
	char *data;

	if (relay->length < relay->capacity)
		return 0;
	data = realloc(relay->data, capacity);
	if (data == NULL)
		return -ENOMEM;
	relay->data = data;
	relay->capacity = capacity;
	return 0;
}

/* Reads once.  1: read something, 0: nothing there now, -errno: no memory; at the end, ends. */
static int read_once(struct log_relay *relay)
{
	size_t room;
	ssize_t n;
	int r = make_room(relay);

	if (r < 0)
		return r;
	room = relay->capacity - relay->length;
	if (relay->finishing && room > relay->budget)
		room = relay->budget;
	if (room == 0)
		return 0;
	do
		n = read(relay->fd, relay->data + relay->length, room);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN) {
		if (relay->finishing)
			end(relay);
		return 0;
	}
	if (n <= 0) {
		end(relay);
		return 0;
	}
	if (relay->keep != NULL)
		relay->keep(relay->context, relay->data + relay->length, (size_t)n);
	relay->length += (size_t)n;
	if (relay->finishing)
		relay->budget -= (size_t)n;
	if (relay->finishing && relay->budget == 0)
		end(relay);
	return 1;
}

static int on_readable(short events, void *context, struct error *err)
{
	struct log_relay *relay = context;
	int r = read_once(relay);

	(void)events;
	if (r < 0)
		return error_set(err, -r, "relaying the output of %s: %s", relay->name,
				 strerror(-r));
	if (!put_lines(relay))
		hear(relay, POLL_NOTHING);
	log_sink_update(relay->sink);
	return 0;
}

void log_relay_resume_all(struct log_sink *sink)
{
	for (struct log_relay *relay = sink->relays; relay != NULL; relay = relay->next)
		hear(relay, put_lines(relay) ? POLLIN : POLL_NOTHING);
	log_sink_update(sink);
}

static void link_to_sink(struct log_relay *relay)
{
	struct log_relay **last = &relay->sink->relays;

	while (*last != NULL)
		last = &(*last)->next;
	*last = relay;
}

static void unlink_from_sink(struct log_relay *relay)
{
	struct log_relay **link = &relay->sink->relays;

	while (*link != NULL && *link != relay)
		link = &(*link)->next;
	if (*link != NULL)
		*link = relay->next;
}

static void release(struct log_relay *relay)
{
	free(relay->data);
	free(relay->name);
	free(relay);
}

void log_relay_set_pid(struct log_relay *relay, pid_t pid)
{
	int n = snprintf(relay->label, sizeof(relay->label), "] %.*s[%d]: ", LOG_RELAY_NAME_MAX,
			 relay->name, (int)pid);

	relay->label_length = n > 0 ? (size_t)n : 0;
}

int log_relay_open_take(struct log_sink *sink, int *pipe_fd, const struct log_origin *origin,
			struct log_relay **ret_relay, struct error *err)
{
	struct log_relay *relay = calloc(1, sizeof(*relay));
	const char *name = origin->name;
	int r;

	if (relay == NULL)
		return error_set(err, ENOMEM, "relaying the output of %s", name);
	*relay = (struct log_relay){
		.sink = sink, .fd = FD_NONE, .keep = origin->keep, .context = origin->context
	};
	relay->name = strdup(name);
	r = relay->name == NULL ? error_set(err, ENOMEM, "relaying the output of %s", name) : 0;
	if (r == 0)
		log_relay_set_pid(relay, origin->pid);
	if (r == 0 && fcntl(*pipe_fd, F_SETFL, O_NONBLOCK) < 0)
		r = error_from_errno(err, "relaying the output of %s", name);
	if (r == 0)
		r = poll_set_add(sink->poll_set, *pipe_fd, POLLIN, on_readable, relay, err);
	if (r < 0) {
		release(relay);
		return r;
	}
	relay->fd = take_fd(pipe_fd);
	link_to_sink(relay);
	*ret_relay = relay;
	return 0;
}

bool log_relay_has_ended(const struct log_relay *relay)
{
	return relay->fd < 0 && relay->length == 0;
}

void log_relay_finish(struct log_relay *relay)
{
	int held = 0;

	if (relay->fd < 0 || relay->finishing)
		return;
	if (ioctl(relay->fd, FIONREAD, &held) < 0)
		held = 0;
	relay->finishing = true;
	relay->budget = (size_t)held;
	if (held == 0) {
		end(relay);
		(void)put_lines(relay);
		log_sink_update(relay->sink);
	}
}

int log_relay_drain(struct log_relay *relay, int timeout_ms)
{
	int64_t deadline_ms = deadline_after_ms(timeout_ms);
	int r = 0;

	log_relay_finish(relay);
	while (r >= 0 && !log_relay_has_ended(relay)) {
		if (put_lines(relay) && relay->fd >= 0)
			r = read_once(relay);
		else if (!log_relay_has_ended(relay))
			r = log_sink_wait(relay->sink, deadline_ms);
	}
	log_sink_update(relay->sink);
	return r < 0 ? r : 0;
}

void log_relay_stop(struct log_relay **held)
{
	struct log_relay *relay = take_ptr(held);

	if (relay == NULL)
		return;
	end(relay);
	(void)put_lines(relay);
	log_sink_update(relay->sink);
	unlink_from_sink(relay);
	release(relay);
}
