/* SPDX-License-Identifier: Apache-2.0 */
#include "common/json/json_writer.h"

#include <errno.h>
#include <math.h>

#include "common/json/json_reader.h"
#include "tests/unit/test.h"

TEST(a_document_is_written_compactly)
{
	static const char *const items[] = { "a", "b" };
	auto_text struct text out = { 0 };
	struct json_writer w = { .out = &out };

	json_begin_object(&w, NULL);
	json_put_string(&w, "name", "etcd");
	json_begin_array(&w, "ports");
	json_put_u64(&w, NULL, 2379);
	json_put_u64(&w, NULL, UINT64_MAX);
	json_end_array(&w);
	json_begin_object(&w, "empty");
	json_end_object(&w);
	json_put_i64(&w, "low", INT64_MIN);
	json_put_bool(&w, "yes", true);
	json_put_string(&w, "none", NULL);
	json_put_strings(&w, "strings", items, 2);
	json_put_raw(&w, "raw", "{\"x\":1}");
	json_end_object(&w);
	check_int(json_writer_finish(&w), 0);
	check_text(text_string(&out),
		   "{\"name\":\"etcd\",\"ports\":[2379,18446744073709551615],\"empty\":{},"
		   "\"low\":-9223372036854775808,\"yes\":true,\"none\":null,"
		   "\"strings\":[\"a\",\"b\"],\"raw\":{\"x\":1}}");
}

TEST(a_pretty_document_is_indented_with_tabs)
{
	auto_text struct text out = { 0 };
	struct json_writer w = { .out = &out, .pretty = true };

	json_begin_object(&w, NULL);
	json_begin_array(&w, "a");
	json_put_u64(&w, NULL, 1);
	json_put_u64(&w, NULL, 2);
	json_end_array(&w);
	json_begin_array(&w, "b");
	json_end_array(&w);
	json_end_object(&w);
	check_int(json_writer_finish(&w), 0);
	check_text(text_string(&out), "{\n\t\"a\": [\n\t\t1,\n\t\t2\n\t],\n\t\"b\": []\n}");
}

TEST(strings_are_escaped)
{
	auto_text struct text out = { 0 };
	struct json_writer w = { .out = &out };

	json_put_string(&w, NULL, "a\"b\\c\n\t\r\b\f\x01\x1f\x7f/é€😀");
	check_int(json_writer_finish(&w), 0);
	check_text(text_string(&out), "\"a\\\"b\\\\c\\n\\t\\r\\b\\f\\u0001\\u001f\\u007f/é€😀\"");
}

static int write_string(const char *string)
{
	auto_text struct text out = { 0 };
	struct json_writer w = { .out = &out };

	json_put_string(&w, NULL, string);
	return json_writer_finish(&w);
}

TEST(a_string_that_is_not_utf8_is_refused)
{
	check_int(write_string("\xff"), -EILSEQ);
	check_int(write_string("a\xc3"), -EILSEQ);
	check_int(write_string("\xe0\x80\x80"), -EILSEQ);
	check_int(write_string("\xed\xa0\x80"), -EILSEQ);
	check_int(write_string("\xf4\x90\x80\x80"), -EILSEQ);
	check_int(write_string("\xf0\x80\x80\x80"), -EILSEQ);
	check_int(write_string("\xc3\xa9"), 0);
}

TEST(a_misplaced_key_is_an_error_that_sticks)
{
	auto_text struct text out = { 0 };
	struct json_writer w = { .out = &out };

	json_begin_object(&w, NULL);
	json_put_u64(&w, NULL, 1);
	json_end_object(&w);
	check_int(json_writer_finish(&w), -EINVAL);
}

TEST(an_array_has_no_keys)
{
	auto_text struct text out = { 0 };
	struct json_writer w = { .out = &out };

	json_begin_array(&w, NULL);
	json_put_u64(&w, "key", 1);
	json_end_array(&w);
	check_int(json_writer_finish(&w), -EINVAL);
}

TEST(levels_must_balance)
{
	auto_text struct text out = { 0 };
	struct json_writer open = { .out = &out }, crossed = { .out = &out },
			   none = { .out = &out };
	struct json_writer two = { .out = &out }, below = { .out = &out };

	json_begin_array(&open, NULL);
	check_int(json_writer_finish(&open), -EINVAL);
	json_begin_array(&crossed, NULL);
	json_end_object(&crossed);
	check_int(json_writer_finish(&crossed), -EINVAL);
	check_int(json_writer_finish(&none), -EINVAL);
	json_put_null(&two, NULL);
	json_put_null(&two, NULL);
	check_int(json_writer_finish(&two), -EINVAL);
	json_end_array(&below);
	check_int(json_writer_finish(&below), -EINVAL);
}

TEST(nesting_ends_where_the_reader_ends)
{
	auto_text struct text out = { 0 };
	struct json_writer w = { .out = &out }, deeper = { .out = &out };

	for (int i = 0; i < JSON_MAX_DEPTH; i++)
		json_begin_array(&w, NULL);
	for (int i = 0; i < JSON_MAX_DEPTH; i++)
		json_end_array(&w);
	check_int(json_writer_finish(&w), 0);
	for (int i = 0; i <= JSON_MAX_DEPTH; i++)
		json_begin_array(&deeper, NULL);
	check_int(json_writer_finish(&deeper), -EINVAL);
}

TEST(a_full_text_is_reported_at_the_end)
{
	auto_text struct text out = { .cap = 8 };
	struct json_writer w = { .out = &out };

	json_begin_array(&w, NULL);
	json_put_string(&w, NULL, "far too long for it");
	json_end_array(&w);
	check_int(json_writer_finish(&w), -EFBIG);
}

TEST(numbers_json_has_not_are_refused)
{
	auto_text struct text out = { 0 };
	struct json_writer w = { .out = &out };

	json_put_real(&w, NULL, INFINITY);
	check_int(json_writer_finish(&w), -EINVAL);
}

TEST(what_was_read_is_written_again)
{
	static const char document[] = "{\"a\":[0.1,1e+300,3.0,-7,\"\\u0001é\",true,false,null],"
				       "\"b\":{\"\":{}}}";
	const struct json_source source = { .text = document,
					    .length = sizeof(document) - 1,
					    .place = "x.json" };
	auto_arena struct arena arena = { 0 };
	auto_text struct text out = { 0 };
	struct json_writer w = { .out = &out };
	struct json_value value;
	struct error err = { 0 };

	check_ok(json_read(&arena, &source, &value, &err), &err);
	json_put_value(&w, NULL, &value);
	check_int(json_writer_finish(&w), 0);
	check_text(text_string(&out), document);
}
