/* SPDX-License-Identifier: Apache-2.0 */
#include "common/entrypoint/log_printer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/entrypoint/log_json.h"

/* From here on what is ready is written, whether or not more is on its way. */
#define ENOUGH ((size_t)64 << 10)

/* The beginning of a line of one app and stream. */
struct log_line {
	struct log_line *next;
	uint16_t app;
	char *name; /* of the app; NULL: the pod as a whole */
	enum log_stream stream;
	uint64_t time_ns;
	struct text text;
};

void log_printer_open(struct log_printer *printer)
{
	printer->is_terminal[0] = isatty(STDOUT_FILENO) == 1;
	printer->is_terminal[1] = isatty(STDERR_FILENO) == 1;
}

void log_printer_release(struct log_printer *printer)
{
	while (printer->lines != NULL) {
		struct log_line *line = printer->lines;

		printer->lines = line->next;
		text_release(&line->text);
		free(line->name);
		free(line);
	}
	text_release(&printer->out[0]);
	text_release(&printer->out[1]);
}

static int no_memory(struct error *err)
{
	return error_set(err, ENOMEM, "printing the log: out of memory");
}

static int write_out(struct log_printer *printer, struct error *err)
{
	static const int fds[] = { STDOUT_FILENO, STDERR_FILENO };

	for (size_t i = 0; i < ARRAY_LENGTH(fds); i++) {
		struct text *out = &printer->out[i];
		int r = text_status(out);

		if (r == 0)
			r = file_write_fd(fds[i], text_string(out), out->length);
		text_reset(out);
		if (r < 0)
			return error_set(err, -r, "printing the log: %s", strerror(-r));
	}
	return 0;
}

/* What an app prints is not for our terminal to obey. */
static void append_safely(struct text *out, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)bytes[i];
		/* C1 controls come as 0xc2 0x80 … 0xc2 0x9f. */
		bool is_c1 = byte == 0xc2 && i + 1 < length &&
			     (unsigned char)bytes[i + 1] >= 0x80 &&
			     (unsigned char)bytes[i + 1] <= 0x9f;

		bool is_control = is_c1 || (byte < 0x20 && byte != '\t') || byte == 0x7f;

		(void)text_append_bytes(out, is_control ? "?" : bytes + i, 1);
		if (is_c1)
			i++;
	}
}

static int print_json(struct log_printer *printer, const struct log_json_line *line,
		      struct error *err)
{
	if (log_json_append(&printer->out[0], line) < 0)
		return no_memory(err);
	return printer->out[0].length >= ENOUGH ? write_out(printer, err) : 0;
}

static int print_line(struct log_printer *printer, const struct log_line *line, bool is_whole,
		      struct error *err)
{
	const struct log_json_line as_json = { .time_ns = line->time_ns,
					       .app = line->name,
					       .stream = line->stream,
					       .message = text_string(&line->text),
					       .length = line->text.length,
					       .is_partial = !is_whole };
	size_t index = line->stream == LOG_STDOUT ? 0 : 1;
	struct text *out = &printer->out[index];
	char time[40];

	if (printer->json)
		return print_json(printer, &as_json, err);
	log_json_time(line->time_ns, 6, time);
	if (printer->show_time && time[0] != '\0')
		(void)text_printf(out, "%s ", time);
	if (line->stream == LOG_NOTICE)
		(void)text_printf(out, "%s: ", printer->program);
	if (line->name != NULL && (printer->show_app || line->stream == LOG_NOTICE))
		(void)text_printf(out, "%s: ", line->name);
	if (printer->is_terminal[index])
		append_safely(out, text_string(&line->text), line->text.length);
	else
		(void)text_append_bytes(out, text_string(&line->text), line->text.length);
	(void)text_append_char(out, '\n');
	if (text_status(out) < 0)
		return no_memory(err);
	return out->length >= ENOUGH ? write_out(printer, err) : 0;
}

static struct log_line *find_line(struct log_printer *printer, const struct log_record *record,
				  const char *app)
{
	struct log_line *line = printer->lines;

	while (line != NULL && (line->app != record->app || line->stream != record->stream))
		line = line->next;
	if (line != NULL)
		return line;
	line = calloc(1, sizeof(*line));
	if (line != NULL && app != NULL)
		line->name = strdup(app);
	if (line == NULL || (app != NULL && line->name == NULL)) {
		free(line);
		return NULL;
	}
	line->app = record->app;
	line->stream = record->stream;
	line->next = printer->lines;
	printer->lines = line;
	return line;
}

static bool is_wanted(const struct log_filter *filter, const struct log_record *record,
		      const char *app)
{
	if (record->time_ns < filter->since_ns ||
	    (record->stream == LOG_STDOUT && filter->no_stdout) ||
	    (record->stream == LOG_STDERR && filter->no_stderr))
		return false;
	for (size_t i = 0; i < filter->apps.n; i++) {
		if (app != NULL && strcmp(filter->apps.items[i], app) == 0)
			return true;
	}
	return filter->apps.n == 0 || app == NULL;
}

static int take_text(struct log_printer *printer, const struct log_record *record, const char *app,
		     struct error *err)
{
	struct log_line *line = find_line(printer, record, app);
	const char *at = record->data, *end = at + record->length;
	int r = 0;

	if (line == NULL)
		return no_memory(err);
	while (r == 0 && at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *stop = newline != NULL ? newline : end;

		if (line->text.length == 0)
			line->time_ns = record->time_ns;
		if (text_append_bytes(&line->text, at, (size_t)(stop - at)) < 0)
			return no_memory(err);
		if (newline != NULL || line->text.length >= LOG_PRINTER_LINE) {
			r = print_line(printer, line, newline != NULL, err);
			text_reset(&line->text);
		}
		at = newline != NULL ? newline + 1 : end;
	}
	return r;
}

static int say_lost(struct log_printer *printer, const struct log_record *record, struct error *err)
{
	char text[96];

	if (record->length != 8)
		return 0;
	(void)snprintf(text, sizeof(text), "%" PRIu64 " bytes of output could not be kept here",
		       log_get_u64((const unsigned char *)record->data));
	return log_printer_say(printer, text, err);
}

int log_printer_take(struct log_printer *printer, const struct log_record *record, const char *app,
		     struct error *err)
{
	printer->last_ns = record->time_ns;
	if (!is_wanted(&printer->filter, record, app))
		return 0;
	return record->stream == LOG_LOST ? say_lost(printer, record, err)
					  : take_text(printer, record, app, err);
}

int log_printer_say(struct log_printer *printer, const char *text, struct error *err)
{
	const struct log_json_line line = { .time_ns = printer->last_ns,
					    .stream = LOG_NOTICE,
					    .message = text,
					    .length = strlen(text) };
	int r = 0;

	if (printer->json)
		r = print_json(printer, &line, err);
	else
		(void)text_printf(&printer->out[1], "%s: logs: %s\n", printer->program, text);
	return r < 0 ? r : write_out(printer, err);
}

int log_printer_flush(struct log_printer *printer, bool all, struct error *err)
{
	int r = 0;

	for (struct log_line *line = printer->lines; all && r == 0 && line != NULL;
	     line = line->next) {
		if (line->text.length > 0)
			r = print_line(printer, line, false, err);
		text_reset(&line->text);
	}
	return r < 0 ? r : write_out(printer, err);
}
