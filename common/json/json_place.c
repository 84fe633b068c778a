/* SPDX-License-Identifier: Apache-2.0 */
/* Where in a document a decoder is, and what it says about it. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/json/json_decoder.h"

enum { SHOWN_NAME = 48, SHOWN_VALUE = 96 }; /* bytes of a name, of a value in a message */

void json_enter_field(struct json_decoder *decoder, const char *name)
{
	if (decoder->depth < ARRAY_LENGTH(decoder->steps))
		decoder->steps[decoder->depth] = (struct json_step){ .name = name };
	decoder->depth++;
}

void json_enter_item(struct json_decoder *decoder, size_t index)
{
	if (decoder->depth < ARRAY_LENGTH(decoder->steps))
		decoder->steps[decoder->depth] = (struct json_step){ .index = index };
	decoder->depth++;
}

void json_leave(struct json_decoder *decoder)
{
	decoder->depth--;
}

/* A message is one line of a terminal: no control character and no half sequence gets into it. */
struct line {
	char text[ERROR_TEXT_SIZE];
	size_t used;
};

static void put(struct line *line, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void put(struct line *line, const char *fmt, ...)
{
	size_t left = sizeof(line->text) - line->used;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(line->text + line->used, left, fmt, args);
	va_end(args);
	if (n > 0)
		line->used += (size_t)n < left ? (size_t)n : left - 1;
}

static void put_foreign(struct line *line, const char *text, size_t most)
{
	size_t length = strlen(text);
	size_t shown = length <= most ? length : most;

	while (shown < length && shown > 0 && ((unsigned char)text[shown] & 0xc0) == 0x80)
		shown--;
	for (size_t i = 0; i < shown; i++) {
		unsigned char c = (unsigned char)text[i];
		bool control = c == 0xc2 && (unsigned char)text[i + 1] < 0xa0; /* U+0080 … U+009F */

		if (c < 0x20 || c == 0x7f || control)
			put(line, "\\x%02x", c);
		else
			put(line, "%c", c);
	}
	if (shown < length)
		put(line, "...");
}

static void put_path(struct line *line, const struct json_decoder *decoder)
{
	for (size_t i = 0; i < decoder->depth && i < ARRAY_LENGTH(decoder->steps); i++) {
		const struct json_step *step = &decoder->steps[i];

		if (step->name == NULL) {
			put(line, "[%zu]", step->index);
			continue;
		}
		if (i > 0)
			put(line, ".");
		put_foreign(line, step->name, SHOWN_NAME);
	}
	if (decoder->depth > 0)
		put(line, ": ");
}

int json_refuse(struct json_decoder *decoder, const char *fmt, ...)
{
	struct line line = { .used = 0 };
	char message[ERROR_TEXT_SIZE];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(message, sizeof(message), fmt, args);
	va_end(args);
	put_path(&line, decoder);
	put(&line, "%s", message);
	return error_set(decoder->err, EINVAL, "%s: %s", decoder->place, line.text);
}

int json_refuse_string(struct json_decoder *decoder, const char *value, const char *reason)
{
	struct line line = { .used = 0 };

	put_path(&line, decoder);
	put(&line, "\"");
	put_foreign(&line, value, SHOWN_VALUE);
	put(&line, "\": %s", reason);
	return error_set(decoder->err, EINVAL, "%s: %s", decoder->place, line.text);
}

int json_refuse_kind(struct json_decoder *decoder, const struct json_value *value,
		     const char *expected)
{
	return json_refuse(decoder, "expected %s, got %s", expected, json_kind_name(value->kind));
}

int json_no_memory(struct json_decoder *decoder)
{
	return error_set(decoder->err, ENOMEM, "%s: out of memory", decoder->place);
}
