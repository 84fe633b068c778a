/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/guest_log.h"

#include <string.h>

#include "common/base/cleanup.h"

#define MARK_END  "]: "
#define TIME_END  "] "
#define MARK_TAIL (sizeof(MARK_END) - 1)

/* Consecutive text of one origin is written at once. */
struct batch {
	struct guest_log *guest_log;
	enum log_stream stream;
	uint16_t app;
	size_t length;
	char text[(size_t)16 << 10];
};

static void flush(struct batch *batch)
{
	if (batch->length > 0)
		log_writer_put(batch->guest_log->log,
			       &(const struct log_record){ .stream = batch->stream,
							   .app = batch->app,
							   .data = batch->text,
							   .length = batch->length });
	batch->length = 0;
}

static void add(struct batch *batch, const struct guest_log_stream *origin, const char *text,
		size_t length)
{
	if (origin->stream != batch->stream || origin->app != batch->app)
		flush(batch);
	batch->stream = origin->stream;
	batch->app = origin->app;
	while (length > 0) {
		size_t room = sizeof(batch->text) - batch->length;
		size_t n = length < room ? length : room;

		memcpy(batch->text + batch->length, text, n);
		batch->length += n;
		text += n;
		length -= n;
		if (batch->length == sizeof(batch->text))
			flush(batch);
	}
}

static bool find_app(const struct plan *plan, const char *name, size_t length, uint16_t *ret)
{
	for (size_t i = 0; i < plan->n_apps; i++) {
		const char *app = plan->apps[i].name;

		if (strlen(app) == length && memcmp(app, name, length) == 0) {
			*ret = (uint16_t)i;
			return true;
		}
	}
	return false;
}

/* "[   12.345678] NAME[5]: " */
static bool read_mark(const struct plan *plan, const struct guest_log_stream *stream, uint16_t *ret)
{
	const char *name = memmem(stream->mark, stream->mark_length, TIME_END, strlen(TIME_END));
	const char *end;

	if (stream->mark[0] != '[' || name == NULL)
		return false;
	name += strlen(TIME_END);
	end = memchr(name, '[', stream->mark_length - (size_t)(name - stream->mark));
	return end != NULL && find_app(plan, name, (size_t)(end - name), ret);
}

/* The mark is here, or what is here is none: then it is the text of a notice. */
static void begin_text(struct guest_log *guest_log, struct guest_log_stream *stream,
		       enum log_stream kind, struct batch *batch)
{
	uint16_t app = LOG_APP_NONE;
	bool marked = read_mark(guest_log->plan, stream, &app);

	stream->in_text = true;
	stream->text_length = 0;
	stream->stream = marked ? kind : LOG_NOTICE;
	stream->app = app;
	if (!marked)
		add(batch, stream, stream->mark, stream->mark_length);
	stream->mark_length = 0;
}

/* One more byte of what should be a mark; true: it was used up. */
static bool take_mark_byte(struct guest_log *guest_log, struct guest_log_stream *stream,
			   enum log_stream kind, char byte, struct batch *batch)
{
	if (byte == '\n') { /* no mark was on this line */
		begin_text(guest_log, stream, kind, batch);
		return false;
	}
	stream->mark[stream->mark_length++] = byte;
	if (stream->mark_length == sizeof(stream->mark) ||
	    (stream->mark_length >= MARK_TAIL &&
	     memcmp(stream->mark + stream->mark_length - MARK_TAIL, MARK_END, MARK_TAIL) == 0))
		begin_text(guest_log, stream, kind, batch);
	return true;
}

/* Text up to the end of the line; how much of it there was. */
static size_t take_text(struct guest_log_stream *stream, const char *data, size_t length,
			struct batch *batch)
{
	const char *newline = memchr(data, '\n', length);
	size_t n = newline == NULL ? length : (size_t)(newline - data);
	bool is_piece;

	add(batch, stream, data, n);
	stream->text_length += n;
	if (newline == NULL)
		return n;
	is_piece = stream->stream != LOG_NOTICE && stream->text_length == LOG_RELAY_PIECE;
	if (!is_piece)
		add(batch, stream, "\n", 1);
	stream->in_text = false;
	return n + 1;
}

void guest_log_take(struct guest_log *guest_log, size_t index, const char *data, size_t length)
{
	struct guest_log_stream *stream = &guest_log->streams[index];
	const enum log_stream kind = index == 0 ? LOG_STDOUT : LOG_STDERR;
	struct batch batch = { .guest_log = guest_log };

	if (guest_log->log == NULL)
		return;
	for (size_t at = 0; at < length;) {
		if (stream->in_text)
			at += take_text(stream, data + at, length - at, &batch);
		else if (take_mark_byte(guest_log, stream, kind, data[at], &batch))
			at++;
	}
	flush(&batch);
}
