/* SPDX-License-Identifier: Apache-2.0 */
#include "common/json/json_reader.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>

#include "common/base/cleanup.h"

#define auto_json CLEANUP(cleanup_json)

static void cleanup_json(json_t **held)
{
	json_decref(*held);
	*held = NULL;
}

struct position {
	size_t line, column; /* from 1, in bytes */
};

static int refuse_at(const struct json_source *source, const struct position *at, const char *why,
		     struct error *err)
{
	return error_set(err, EINVAL, "%s: line %zu, column %zu: %s", source->place, at->line,
			 at->column, why);
}

/*
 * The parser recurses on nested input and stops at NUL, so both are looked for
 * before it sees the text.  Whether brackets match is the parser's to say.
 */
static int check_depth(const struct json_source *source, struct error *err)
{
	struct position at = { .line = 1 };
	bool in_string = false;
	size_t depth = 0;

	for (size_t i = 0; i < source->length; i++) {
		char c = source->text[i];

		at.column++;
		if (c == '\0')
			return refuse_at(source, &at, "a NUL byte", err);
		if (c == '\n')
			at = (struct position){ .line = at.line + 1 };
		else if (c == '"')
			in_string = !in_string;
		else if (c == '\\' && in_string && i + 1 < source->length &&
			 (source->text[i + 1] == '"' || source->text[i + 1] == '\\')) {
			i++;
			at.column++;
		} else if (!in_string && (c == '{' || c == '['))
			depth++;
		else if (!in_string && (c == '}' || c == ']') && depth > 0)
			depth--;
		if (depth > JSON_MAX_DEPTH)
			return refuse_at(source, &at, "nested deeper than 64 levels", err);
	}
	return 0;
}

static int refuse_syntax(const struct json_source *source, json_error_t *got, struct error *err)
{
	if (json_error_code(got) == json_error_out_of_memory || got->text[0] == '\0')
		return error_set(err, ENOMEM, "%s: out of memory", source->place);
	/* The parser quotes what it stumbled over, and that may be anything. */
	for (char *p = got->text; *p != '\0'; p++) {
		if (!isascii(*p) || iscntrl(*p))
			*p = '?';
	}
	if (got->line <= 0)
		return error_set(err, EINVAL, "%s: %s", source->place, got->text);
	return error_set(err, EINVAL, "%s: line %d, column %d: %s", source->place, got->line,
			 got->column, got->text);
}

static int convert(struct arena *arena, const json_t *from, struct json_value *to);

static int convert_array(struct arena *arena, const json_t *from, struct json_value *to)
{
	size_t n = json_array_size(from);
	struct json_value *items = n > 0 ? arena_array(arena, n, struct json_value) : NULL;
	int r = n > 0 && items == NULL ? -ENOMEM : 0;

	for (size_t i = 0; i < n && r == 0; i++)
		r = convert(arena, json_array_get(from, i), &items[i]);
	to->kind = JSON_VALUE_ARRAY;
	to->array.items = items;
	to->array.n = n;
	return r;
}

static int convert_object(struct arena *arena, const json_t *from, struct json_value *to)
{
	size_t n = json_object_size(from);
	struct json_member *items = n > 0 ? arena_array(arena, n, struct json_member) : NULL;
	/* jansson iterates over objects it may change only; ours stays as it is. */
	json_t *object = (json_t *)from;
	size_t i = 0;

	if (n > 0 && items == NULL)
		return -ENOMEM;
	for (void *at = json_object_iter(object); at != NULL && i < n;
	     at = json_object_iter_next(object, at), i++) {
		items[i].name = arena_string(arena, json_object_iter_key(at));
		if (items[i].name == NULL)
			return -ENOMEM;
		if (convert(arena, json_object_iter_value(at), &items[i].value) < 0)
			return -ENOMEM;
	}
	to->kind = JSON_VALUE_OBJECT;
	to->object.items = items;
	to->object.n = i;
	return 0;
}

/* Recursion is bounded by JSON_MAX_DEPTH.  Fails with -ENOMEM only. */
static int convert(struct arena *arena, const json_t *from, struct json_value *to)
{
	switch (json_typeof(from)) {
	case JSON_ARRAY:
		return convert_array(arena, from, to);
	case JSON_OBJECT:
		return convert_object(arena, from, to);
	case JSON_STRING:
		to->kind = JSON_VALUE_STRING;
		to->string = arena_bytes(arena, json_string_value(from), json_string_length(from));
		return to->string != NULL ? 0 : -ENOMEM;
	case JSON_INTEGER:
		to->kind = JSON_VALUE_INTEGER;
		to->integer = json_integer_value(from);
		return 0;
	case JSON_REAL:
		to->kind = JSON_VALUE_REAL;
		to->real = json_real_value(from);
		return 0;
	case JSON_TRUE:
	case JSON_FALSE:
		to->kind = JSON_VALUE_BOOL;
		to->flag = json_is_true(from);
		return 0;
	case JSON_NULL:
		break;
	}
	to->kind = JSON_VALUE_NULL;
	return 0;
}

int json_read(struct arena *arena, const struct json_source *source, struct json_value *ret,
	      struct error *err)
{
	size_t max = source->max_bytes > 0 ? source->max_bytes : JSON_DEFAULT_MAX_BYTES;
	auto_json json_t *root = NULL;
	struct json_value value = { .kind = JSON_VALUE_NULL };
	json_error_t got = { .line = 0 };
	int r;

	if (source->length > max)
		return error_set(err, EFBIG, "%s: %zu bytes, more than the %zu allowed",
				 source->place, source->length, max);
	r = check_depth(source, err);
	if (r < 0)
		return r;
	root = json_loadb(source->text, source->length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY,
			  &got);
	if (root == NULL)
		return refuse_syntax(source, &got, err);
	if (convert(arena, root, &value) < 0)
		return error_set(err, ENOMEM, "%s: out of memory", source->place);
	*ret = value;
	return 0;
}
