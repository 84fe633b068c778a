/* SPDX-License-Identifier: Apache-2.0 */
#include "common/json/json_decoder.h"

#include <errno.h>

#include "common/base/cleanup.h"
#include "common/json/json_reader.h"
#include "tests/unit/test.h"

struct point {
	const char *name;
	uint64_t x;
	uint16_t y;
	uint32_t z;
	bool hidden;
};

static const struct json_field point_fields[] = {
	{ .name = "name",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct point, name),
	  .check = json_check_not_empty },
	{ .name = "x", .kind = JSON_FIELD_U64, .offset = offsetof(struct point, x) },
	{ .name = "y",
	  .kind = JSON_FIELD_U16,
	  .offset = offsetof(struct point, y),
	  .min = 1,
	  .max = 100 },
	{ .name = "z", .kind = JSON_FIELD_U32, .offset = offsetof(struct point, z) },
	{ .name = "hidden",
	  .kind = JSON_FIELD_BOOL,
	  .flags = JSON_NULLABLE,
	  .offset = offsetof(struct point, hidden) },
};

static int check_point(struct json_decoder *decoder, void *object)
{
	const struct point *point = object;

	return point->x == 13 ? json_refuse(decoder, "13 is unlucky") : 0;
}

static const struct json_table point_table =
    JSON_TABLE(struct point, point_fields, .check = check_point);

struct shape {
	const struct point *points;
	size_t n_points;
	const char *const *tags;
	size_t n_tags;
	struct point origin;
	const struct point *centre;
	int custom;
};

static int decode_custom(struct json_decoder *decoder, const struct json_value *value, void *member)
{
	if (value->kind != JSON_VALUE_STRING)
		return json_refuse_kind(decoder, value, "a string");
	if (strcmp(value->string, "bad") == 0)
		return json_refuse_string(decoder, value->string, "no such custom");
	*(int *)member = 7;
	return 0;
}

static const struct json_field shape_fields[] = {
	{ .name = "points",
	  .kind = JSON_FIELD_ARRAY,
	  .flags = JSON_REQUIRED | JSON_NOT_EMPTY,
	  .offset = offsetof(struct shape, points),
	  .n_offset = offsetof(struct shape, n_points),
	  .table = &point_table },
	{ .name = "tags",
	  .kind = JSON_FIELD_STRINGS,
	  .offset = offsetof(struct shape, tags),
	  .n_offset = offsetof(struct shape, n_tags),
	  .check = json_check_not_empty },
	{ .name = "origin",
	  .kind = JSON_FIELD_OBJECT,
	  .offset = offsetof(struct shape, origin),
	  .table = &point_table },
	{ .name = "centre",
	  .kind = JSON_FIELD_POINTER,
	  .offset = offsetof(struct shape, centre),
	  .table = &point_table },
	{ .name = "custom",
	  .kind = JSON_FIELD_CUSTOM,
	  .offset = offsetof(struct shape, custom),
	  .decode = decode_custom },
};

static int check_shape(struct json_decoder *decoder, void *object)
{
	const struct shape *shape = object;

	return json_check_unique(decoder, shape->points, shape->n_points, sizeof(struct point),
				 "point");
}

static const struct json_table shape_table =
    JSON_TABLE(struct shape, shape_fields, .check = check_shape);

static int decode(struct arena *arena, const char *text, struct shape *shape, struct error *err)
{
	const struct json_source source = { .text = text,
					    .length = strlen(text),
					    .place = "shape" };
	struct json_decoder decoder = { .arena = arena, .place = "shape", .err = err };
	struct json_value value;
	int r = json_read(arena, &source, &value, err);

	return r < 0 ? r : json_decode(&decoder, &value, &shape_table, shape);
}

static void check_refused(const char *text, const char *message)
{
	auto_arena struct arena arena = { 0 };
	struct shape shape = { 0 };
	struct error err = { 0 };

	check_int(decode(&arena, text, &shape, &err), -EINVAL);
	check_text(err.text, message);
}

TEST(every_kind_of_field_is_filled)
{
	auto_arena struct arena arena = { 0 };
	struct shape shape = { 0 };
	struct error err = { 0 };

	check_ok(decode(&arena,
			"{\"points\":[{\"name\":\"a\",\"x\":9223372036854775807,\"y\":100,"
			"\"z\":4294967295,\"hidden\":true},{\"name\":\"b\",\"hidden\":null}],"
			"\"tags\":[\"t\",\"u\"],\"origin\":{\"name\":\"o\"},"
			"\"centre\":{\"name\":\"c\"},\"custom\":\"x\"}",
			&shape, &err),
		 &err);
	check_uint(shape.n_points, 2);
	check_text(shape.points[0].name, "a");
	check_true(shape.points[0].x == INT64_MAX && shape.points[0].y == 100);
	check_true(shape.points[0].z == UINT32_MAX && shape.points[0].hidden);
	check_true(!shape.points[1].hidden && shape.points[1].x == 0);
	check_uint(shape.n_tags, 2);
	check_text(shape.tags[1], "u");
	check_true(shape.tags[2] == NULL);
	check_text(shape.origin.name, "o");
	check_text(shape.centre->name, "c");
	check_int(shape.custom, 7);
}

TEST(null_means_absent_for_what_may_be_absent)
{
	auto_arena struct arena arena = { 0 };
	struct shape shape = { 0 };
	struct error err = { 0 };

	check_ok(
	    decode(&arena,
		   "{\"points\":[{\"name\":\"a\"}],\"tags\":null,\"origin\":null,\"centre\":null}",
		   &shape, &err),
	    &err);
	check_true(shape.tags == NULL && shape.centre == NULL && shape.origin.name == NULL);
	check_refused("{\"points\":null}", "shape: points: expected an array, got null");
	check_refused("{\"points\":[{\"name\":null}]}",
		      "shape: points[0].name: expected a string, got null");
	check_refused("{\"points\":[null]}", "shape: points[0]: expected an object, got null");
}

TEST(an_unknown_field_is_named_by_its_path)
{
	check_refused("{\"points\":[{\"name\":\"a\"},{\"name\":\"b\",\"colour\":1}]}",
		      "shape: points[1].colour: unknown field");
	check_refused("{\"Points\":[]}", "shape: Points: unknown field");
	check_refused("{\"\\u001b[31m\":1}", "shape: \\x1b[31m: unknown field");
}

TEST(a_missing_field_is_named_by_its_path)
{
	check_refused("{}", "shape: points: missing");
	check_refused("{\"points\":[{\"x\":1}]}", "shape: points[0].name: missing");
	check_refused("{\"points\":[]}", "shape: points: empty");
}

TEST(a_wrong_type_is_named)
{
	check_refused("[]", "shape: expected an object, got an array");
	check_refused("{\"points\":{}}", "shape: points: expected an array, got an object");
	check_refused("{\"points\":[{\"name\":1}]}",
		      "shape: points[0].name: expected a string, got a whole number");
	check_refused("{\"points\":[{\"name\":\"a\",\"hidden\":\"true\"}]}",
		      "shape: points[0].hidden: expected true or false, got a string");
	check_refused("{\"points\":[{\"name\":\"a\",\"x\":\"1\"}]}",
		      "shape: points[0].x: expected a whole number, got a string");
	check_refused("{\"points\":[{\"name\":\"a\",\"x\":1.5}]}",
		      "shape: points[0].x: expected a whole number, got a number with a fraction");
	check_refused("{\"points\":[{\"name\":\"a\"}],\"tags\":[\"t\",2]}",
		      "shape: tags[1]: expected a string, got a whole number");
	check_refused("{\"points\":[{\"name\":\"a\"}],\"custom\":1}",
		      "shape: custom: expected a string, got a whole number");
}

TEST(numbers_keep_to_their_range)
{
	check_refused("{\"points\":[{\"name\":\"a\",\"y\":0}]}",
		      "shape: points[0].y: 0: not in 1 … 100");
	check_refused("{\"points\":[{\"name\":\"a\",\"y\":101}]}",
		      "shape: points[0].y: 101: not in 1 … 100");
	check_refused("{\"points\":[{\"name\":\"a\",\"x\":-1}]}",
		      "shape: points[0].x: -1: not in 0 … 9223372036854775807");
	check_refused("{\"points\":[{\"name\":\"a\",\"z\":4294967296}]}",
		      "shape: points[0].z: 4294967296: not in 0 … 4294967295");
}

TEST(checks_refuse_with_the_path)
{
	check_refused("{\"points\":[{\"name\":\"\"}]}", "shape: points[0].name: empty");
	check_refused("{\"points\":[{\"name\":\"a\",\"x\":13}]}",
		      "shape: points[0]: 13 is unlucky");
	check_refused("{\"points\":[{\"name\":\"a\"}],\"custom\":\"bad\"}",
		      "shape: custom: \"bad\": no such custom");
	check_refused("{\"points\":[{\"name\":\"b\"},{\"name\":\"a\"},{\"name\":\"b\"}]}",
		      "shape: \"b\": more than one point of this name");
}

TEST(a_refused_value_is_shown_on_one_line_and_cut)
{
	struct error err = { 0 };
	struct json_decoder decoder = { .place = "x", .err = &err };
	char longer[300];

	(void)json_refuse_string(&decoder, "a\nb\x1b[0m\xc2\x9b", "bad");
	check_text(err.text, "x: \"a\\x0ab\\x1b[0m\\xc2\x9b\": bad");
	memset(longer, 'a', sizeof(longer));
	memcpy(longer + 95, "é", 2);
	longer[sizeof(longer) - 1] = '\0';
	(void)json_refuse_string(&decoder, longer, "bad");
	check_uint(strlen(err.text), strlen("x: \"") + 95 + strlen("...\": bad"));
	check_contains(err.text, "aaa...\": bad");
}

TEST(a_full_arena_is_out_of_memory)
{
	static const char text[] =
	    "{\"points\":[{\"name\":\"a\"},{\"name\":\"b\"}],\"tags\":[\"t\"],"
	    "\"centre\":{\"name\":\"c\"}}";
	bool succeeded = false;

	for (size_t cap = 16; !succeeded; cap += 16) {
		auto_arena struct arena arena = { .cap_bytes = cap };
		struct shape shape = { 0 };
		struct error err = { 0 };
		int r = decode(&arena, text, &shape, &err);

		succeeded = r == 0;
		check_true(r == 0 || r == -ENOMEM);
		check_int(err.code, -r);
		check_true(cap < 8192);
	}
}
