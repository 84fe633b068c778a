/* SPDX-License-Identifier: Apache-2.0 */
#include "common/json/json_writer.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json/utf8.h"

static void fail(struct json_writer *writer, int status)
{
	if (writer->status == 0)
		writer->status = status;
}

static void append(struct json_writer *writer, const char *string)
{
	if (text_append(writer->out, string) < 0)
		fail(writer, text_status(writer->out));
}

static void append_escape(struct json_writer *writer, unsigned char c)
{
	static const char named[] = "\"\"\\\\\bb\ff\nn\rr\tt"; /* pairs: the byte, its letter */
	char escape[8];

	for (size_t i = 0; i + 1 < sizeof(named); i += 2) {
		if (named[i] == (char)c) {
			(void)snprintf(escape, sizeof(escape), "\\%c", named[i + 1]);
			append(writer, escape);
			return;
		}
	}
	(void)snprintf(escape, sizeof(escape), "\\u%04x", c);
	append(writer, escape);
}

static void append_quoted(struct json_writer *writer, const char *string)
{
	const char *run = string; /* what needs no escape goes out in one piece */
	const char *p = string;

	if (!utf8_is_valid(string)) {
		fail(writer, -EILSEQ);
		return;
	}
	append(writer, "\"");
	for (; *p != '\0'; p++) {
		unsigned char c = (unsigned char)*p;

		if (c >= 0x20 && c != 0x7f && c != '"' && c != '\\')
			continue;
		(void)text_append_bytes(writer->out, run, (size_t)(p - run));
		append_escape(writer, c);
		run = p + 1;
	}
	(void)text_append_bytes(writer->out, run, (size_t)(p - run));
	append(writer, "\"");
}

static uint64_t level_bit(const struct json_writer *writer)
{
	return UINT64_C(1) << (writer->depth - 1);
}

static void new_line(struct json_writer *writer)
{
	append(writer, "\n");
	for (unsigned i = 0; i < writer->depth; i++)
		append(writer, "\t");
}

/* What comes before a value: the comma, the line, the key.  False: do not write it. */
static bool begin_value(struct json_writer *writer, const char *key)
{
	bool in_object = writer->depth > 0 && (writer->is_array & level_bit(writer)) == 0;

	if (in_object != (key != NULL) || (writer->depth == 0 && writer->done))
		fail(writer, -EINVAL);
	if (writer->status != 0)
		return false;
	if (writer->depth == 0) {
		writer->done = true;
		return true;
	}
	if ((writer->has_item & level_bit(writer)) != 0)
		append(writer, ",");
	writer->has_item |= level_bit(writer);
	if (writer->pretty)
		new_line(writer);
	if (key != NULL) {
		append_quoted(writer, key);
		append(writer, writer->pretty ? ": " : ":");
	}
	return true;
}

static void begin_level(struct json_writer *writer, const char *key, bool is_array)
{
	if (writer->depth >= JSON_MAX_DEPTH)
		fail(writer, -EINVAL);
	if (!begin_value(writer, key))
		return;
	append(writer, is_array ? "[" : "{");
	writer->depth++;
	writer->has_item &= ~level_bit(writer);
	if (is_array)
		writer->is_array |= level_bit(writer);
	else
		writer->is_array &= ~level_bit(writer);
}

static void end_level(struct json_writer *writer, bool is_array)
{
	bool had_items;

	if (writer->depth == 0 || ((writer->is_array & level_bit(writer)) != 0) != is_array)
		fail(writer, -EINVAL);
	if (writer->status != 0)
		return;
	had_items = (writer->has_item & level_bit(writer)) != 0;
	writer->depth--;
	if (writer->pretty && had_items)
		new_line(writer);
	append(writer, is_array ? "]" : "}");
}

void json_begin_object(struct json_writer *writer, const char *key)
{
	begin_level(writer, key, false);
}

void json_end_object(struct json_writer *writer)
{
	end_level(writer, false);
}

void json_begin_array(struct json_writer *writer, const char *key)
{
	begin_level(writer, key, true);
}

void json_end_array(struct json_writer *writer)
{
	end_level(writer, true);
}

void json_put_raw(struct json_writer *writer, const char *key, const char *json)
{
	if (json == NULL || json[0] == '\0')
		fail(writer, -EINVAL);
	else if (begin_value(writer, key))
		append(writer, json);
}

void json_put_string(struct json_writer *writer, const char *key, const char *string)
{
	if (string == NULL)
		json_put_null(writer, key);
	else if (begin_value(writer, key))
		append_quoted(writer, string);
}

void json_put_bool(struct json_writer *writer, const char *key, bool flag)
{
	json_put_raw(writer, key, flag ? "true" : "false");
}

void json_put_null(struct json_writer *writer, const char *key)
{
	json_put_raw(writer, key, "null");
}

void json_put_u64(struct json_writer *writer, const char *key, uint64_t number)
{
	char digits[24];

	(void)snprintf(digits, sizeof(digits), "%" PRIu64, number);
	json_put_raw(writer, key, digits);
}

void json_put_i64(struct json_writer *writer, const char *key, int64_t number)
{
	char digits[24];

	(void)snprintf(digits, sizeof(digits), "%" PRId64, number);
	json_put_raw(writer, key, digits);
}

void json_put_real(struct json_writer *writer, const char *key, double number)
{
	char digits[40];

	if (!isfinite(number)) {
		fail(writer, -EINVAL);
		return;
	}
	/* The shortest form that reads back as the same number. */
	for (int precision = 15; precision <= 17; precision++) {
		(void)snprintf(digits, sizeof(digits), "%.*g", precision, number);
		if (strtod(digits, NULL) == number)
			break;
	}
	/* Without these it would read back as an integer, perhaps beyond 64 bits. */
	if (strpbrk(digits, ".e") == NULL)
		(void)snprintf(digits + strlen(digits), sizeof(digits) - strlen(digits), ".0");
	json_put_raw(writer, key, digits);
}

void json_put_strings(struct json_writer *writer, const char *key, const char *const *items,
		      size_t n)
{
	json_begin_array(writer, key);
	for (size_t i = 0; i < n; i++)
		json_put_string(writer, NULL, items[i]);
	json_end_array(writer);
}

static void put_members(struct json_writer *writer, const char *key, const struct json_value *value)
{
	json_begin_object(writer, key);
	for (size_t i = 0; i < value->object.n; i++)
		json_put_value(writer, value->object.items[i].name, &value->object.items[i].value);
	json_end_object(writer);
}

static void put_items(struct json_writer *writer, const char *key, const struct json_value *value)
{
	json_begin_array(writer, key);
	for (size_t i = 0; i < value->array.n && writer->status == 0; i++)
		json_put_value(writer, NULL, &value->array.items[i]);
	json_end_array(writer);
}

/* Recursion is bounded by JSON_MAX_DEPTH: begin_level() fails beyond it and nothing follows. */
void json_put_value(struct json_writer *writer, const char *key, const struct json_value *value)
{
	if (writer->status != 0)
		return;
	switch (value->kind) {
	case JSON_VALUE_NULL:
		json_put_null(writer, key);
		break;
	case JSON_VALUE_BOOL:
		json_put_bool(writer, key, value->flag);
		break;
	case JSON_VALUE_INTEGER:
		json_put_i64(writer, key, value->integer);
		break;
	case JSON_VALUE_REAL:
		json_put_real(writer, key, value->real);
		break;
	case JSON_VALUE_STRING:
		json_put_string(writer, key, value->string);
		break;
	case JSON_VALUE_ARRAY:
		put_items(writer, key, value);
		break;
	case JSON_VALUE_OBJECT:
		put_members(writer, key, value);
		break;
	}
}

int json_writer_finish(struct json_writer *writer)
{
	if (writer->depth != 0 || !writer->done)
		fail(writer, -EINVAL);
	if (text_status(writer->out) < 0)
		fail(writer, text_status(writer->out));
	return writer->status;
}
