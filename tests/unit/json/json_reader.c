/* SPDX-License-Identifier: Apache-2.0 */
#include "common/json/json_reader.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>

#include "common/base/text.h"
#include "tests/unit/test.h"

static int read_text(struct arena *arena, const char *text, struct json_value *ret,
		     struct error *err)
{
	const struct json_source source = {
		.text = text,
		.length = strlen(text),
		.place = "x.json",
	};

	return json_read(arena, &source, ret, err);
}

static void check_refused(const char *text, const char *message)
{
	auto_arena struct arena arena = { 0 };
	struct json_value value = { .kind = JSON_VALUE_BOOL };
	struct error err = { 0 };

	check_int(read_text(&arena, text, &value, &err), -EINVAL);
	check_contains(err.text, message);
	check_int(value.kind, JSON_VALUE_BOOL);
}

TEST(a_document_becomes_plain_data_in_its_own_order)
{
	auto_arena struct arena arena = { 0 };
	struct json_value value;
	struct error err = { 0 };
	int r = read_text(&arena, "{\"z\":[1,-2.5,\"\\u00e9\"],\"a\":{\"t\":true,\"n\":null}}",
			  &value, &err);
	const struct json_value *z, *a;

	check_ok(r, &err);
	check_int(value.kind, JSON_VALUE_OBJECT);
	check_text(value.object.items[0].name, "z");
	z = json_value_member(&value, "z");
	a = json_value_member(&value, "a");
	check_uint(z->array.n, 3);
	check_int(z->array.items[0].integer, 1);
	check_true(z->array.items[1].real == -2.5);
	check_text(z->array.items[2].string, "é");
	check_true(json_value_member(a, "t")->flag);
	check_int(json_value_member(a, "n")->kind, JSON_VALUE_NULL);
	check_true(json_value_member(a, "x") == NULL);
	check_true(json_value_member(z, "x") == NULL);
}

TEST(a_mistake_is_named_with_its_line_and_column)
{
	check_refused("{\n \"a\": 1,\n \"b\": oops\n}", "x.json: line 3, column ");
	check_refused("", "x.json: ");
	check_refused("{\"a\":1} {}", "x.json: line 1, ");
	check_refused("[1,]", "x.json: line 1, ");
	check_refused("[01]", "x.json: line 1, ");
	check_refused("[\"a\nb\"]", "x.json: line ");
}

TEST(a_name_may_occur_once_only)
{
	check_refused("{\"exec\":1,\"exec\":2}", "duplicate object key");
	check_refused("[{\"a\":{\"b\":1,\"\\u0062\":2}}]", "duplicate object key");
}

TEST(nul_is_refused_raw_and_escaped)
{
	const struct json_source source = { .text = "[\"a\0b\"]", .length = 7, .place = "x.json" };
	auto_arena struct arena arena = { 0 };
	struct json_value value;
	struct error err = { 0 };

	check_int(json_read(&arena, &source, &value, &err), -EINVAL);
	check_text(err.text, "x.json: line 1, column 4: a NUL byte");
	check_refused("[\"a\\u0000b\"]", "x.json: line 1, ");
}

TEST(only_valid_utf8_passes)
{
	check_refused("[\"\xff\"]", "x.json: ");
	check_refused("[\"\xc0\x80\"]", "x.json: ");         /* overlong NUL */
	check_refused("[\"\xed\xa0\x80\"]", "x.json: ");     /* surrogate */
	check_refused("[\"\xf4\x90\x80\x80\"]", "x.json: "); /* above U+10FFFF */
	check_refused("[\"\\ud800\"]", "x.json: ");
}

TEST(numbers_beyond_64_bits_are_refused)
{
	check_refused("[9223372036854775808]", "too big integer");
	check_refused("[1e999]", "real number overflow");
}

static void check_nesting(size_t depth, int want)
{
	auto_arena struct arena arena = { 0 };
	struct json_value value;
	struct error err = { 0 };
	char text[4096];

	memset(text, '[', depth);
	memset(text + depth, ']', depth);
	text[2 * depth] = '\0';
	check_int(read_text(&arena, text, &value, &err), want);
	if (want < 0)
		check_text(err.text, "x.json: line 1, column 65: nested deeper than 64 levels");
}

TEST(nesting_ends_at_64_levels)
{
	check_nesting(JSON_MAX_DEPTH, 0);
	check_nesting(JSON_MAX_DEPTH + 1, -EINVAL);
	check_nesting(2000, -EINVAL);
}

TEST(brackets_inside_strings_do_not_nest)
{
	auto_arena struct arena arena = { 0 };
	struct json_value value;
	struct error err = { 0 };
	auto_text struct text text = { 0 };

	(void)text_append(&text, "[\"\\\\\",\"\\\"");
	for (int i = 0; i < 200; i++)
		(void)text_append(&text, "[{");
	(void)text_append(&text, "\"]");
	check_ok(read_text(&arena, text_string(&text), &value, &err), &err);
	check_uint(value.array.n, 2);
}

TEST(a_document_above_the_limit_is_refused_before_it_is_read)
{
	const struct json_source source = {
		.text = "[1,2,3]", .length = 7, .max_bytes = 6, .place = "x.json"
	};
	auto_arena struct arena arena = { 0 };
	struct json_value value;
	struct error err = { 0 };

	check_int(json_read(&arena, &source, &value, &err), -EFBIG);
	check_text(err.text, "x.json: 7 bytes, more than the 6 allowed");
}

TEST(a_full_arena_is_out_of_memory)
{
	static const char text[] = "{\"a\":[1,2,{\"b\":\"c\"}],\"d\":\"efg\"}";
	struct json_value value = { .kind = JSON_VALUE_BOOL };
	bool succeeded = false;

	for (size_t cap = 16; !succeeded; cap += 16) {
		auto_arena struct arena arena = { .cap_bytes = cap };
		struct error err = { 0 };
		int r = read_text(&arena, text, &value, &err);

		succeeded = r == 0;
		check_true(r == 0 || r == -ENOMEM);
		check_int(err.code, -r);
		check_true(cap < 4096);
	}
}

static size_t allocations_left; /* of the parser; each test has a process of its own */

static void *allocate_some(size_t size)
{
	if (allocations_left == 0)
		return NULL;
	allocations_left--;
	return malloc(size);
}

TEST(a_parser_without_memory_refuses)
{
	static const char text[] = "{\"a\":[1,2.5,{\"b\":\"c\"},true],\"d\":\"efg\"}";
	struct json_value value = { .kind = JSON_VALUE_BOOL };
	bool succeeded = false;

	json_set_alloc_funcs(allocate_some, free);
	for (size_t n = 0; !succeeded; n++) {
		auto_arena struct arena arena = { 0 };
		struct error err = { 0 };
		int r;

		allocations_left = n;
		r = read_text(&arena, text, &value, &err);
		succeeded = r == 0;
		ck_assert_msg(r == 0 || r == -ENOMEM || r == -EINVAL, "after %zu allocations: %s",
			      n, err.text);
		check_true(n < 1000);
	}
}
