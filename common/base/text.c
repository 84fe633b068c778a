/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Makes room for extra bytes and a NUL. */
static int reserve(struct text *text, size_t extra)
{
	size_t cap = text->cap > 0 ? text->cap : TEXT_DEFAULT_CAP;
	size_t needed;
	size_t capacity;
	char *grown;

	if (text->status < 0)
		return text->status;
	if (extra > cap || text->length > cap - extra)
		return text->status = -EFBIG;
	needed = text->length + extra + 1;
	if (needed <= text->capacity)
		return 0;
	capacity = text->capacity > 0 ? text->capacity : 128;
	while (capacity < needed)
		capacity *= 2;
	grown = realloc(text->data, capacity);
	if (grown == NULL)
		return text->status = -ENOMEM;
	text->data = grown;
	text->capacity = capacity;
	return 0;
}

int text_append_bytes(struct text *text, const char *bytes, size_t length)
{
	int r = reserve(text, length);

	if (r < 0)
		return r;
	if (length > 0)
		memcpy(text->data + text->length, bytes, length);
	text->length += length;
	text->data[text->length] = '\0';
	return 0;
}

int text_append(struct text *text, const char *string)
{
	return text_append_bytes(text, string, strlen(string));
}

int text_append_char(struct text *text, char c)
{
	return text_append_bytes(text, &c, 1);
}

int text_printf(struct text *text, const char *fmt, ...)
{
	va_list args;
	int n;
	int r;

	va_start(args, fmt);
	n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (n < 0)
		return text->status = -EINVAL;
	r = reserve(text, (size_t)n);
	if (r < 0)
		return r;
	va_start(args, fmt);
	(void)vsnprintf(text->data + text->length, (size_t)n + 1, fmt, args);
	va_end(args);
	text->length += (size_t)n;
	return 0;
}

int text_status(const struct text *text)
{
	return text->status;
}

const char *text_string(const struct text *text)
{
	return text->data != NULL ? text->data : "";
}

void text_reset(struct text *text)
{
	text->length = 0;
	text->status = 0;
	if (text->data != NULL)
		text->data[0] = '\0';
}

char *text_take(struct text *text)
{
	char *data = NULL;

	if (text_append_bytes(text, "", 0) == 0)
		data = take_ptr(&text->data);
	text_release(text);
	return data;
}

void text_release(struct text *text)
{
	free(text->data);
	text->data = NULL;
	text->length = 0;
	text->capacity = 0;
	text->status = 0;
}
