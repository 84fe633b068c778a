/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_value.h - a JSON document as plain data.
 *
 * Ownership:  everything belongs to the arena given to json_read().
 * Strings:    valid UTF-8 without NUL.  Members keep the order of the document
 *             and no name occurs twice.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_MAX_DEPTH 64 /* arrays and objects inside one another */

enum json_kind {
	JSON_VALUE_NULL,
	JSON_VALUE_BOOL,
	JSON_VALUE_INTEGER,
	JSON_VALUE_REAL,
	JSON_VALUE_STRING,
	JSON_VALUE_ARRAY,
	JSON_VALUE_OBJECT,
};

struct json_value {
	enum json_kind kind;
	union {
		bool flag;
		int64_t integer;
		double real;
		const char *string;
		struct {
			const struct json_value *items;
			size_t n;
		} array;
		struct {
			const struct json_member *items;
			size_t n;
		} object;
	};
};

struct json_member {
	const char *name;
	struct json_value value;
};

/* The member of that name; NULL when absent, or when value is no object. */
const struct json_value *json_value_member(const struct json_value *value, const char *name);

/* The same for programs that, as Go does, take "Name" for name; the last one counts. */
const struct json_value *json_value_member_any_case(const struct json_value *value,
						    const char *name);

/* "a string", "an object" …: for messages. */
const char *json_kind_name(enum json_kind kind);
