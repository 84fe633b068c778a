/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_writer.h - JSON appended to a struct text.
 *
 *	struct json_writer w = { .out = &text };
 *
 *	json_begin_object(&w, NULL);
 *	json_put_string(&w, "name", "etcd");
 *	json_begin_array(&w, "ports");
 *	json_put_u64(&w, NULL, 2379);
 *	json_end_array(&w);
 *	json_end_object(&w);
 *	return json_writer_finish(&w);
 *
 * Keys:       a value in an object needs a key, one in an array or at the top must
 *             have none (NULL).
 * Errors:     stick, and json_writer_finish() returns the first: -EINVAL (a key
 *             missing or too many, an unbalanced begin or end, a number JSON has
 *             not), -EILSEQ (a string that is not UTF-8), -ENOMEM, -EFBIG (of text).
 *             What was appended by then is not JSON: throw it away.
 * Escaping:   ", \ and control characters; all else is passed through as UTF-8.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/base/text.h"
#include "common/json/json_value.h"

struct json_writer {
	struct text *out;
	bool pretty; /* a line for each value, indented with tabs, as "rkt cat-manifest" prints */
	int status;  /* the members from here on are the writer's own */
	unsigned depth;
	bool done;         /* the value at the top is complete */
	uint64_t is_array; /* bit n: level n is an array; clear: an object */
	uint64_t has_item; /* bit n: level n has an item already */
};

void json_begin_object(struct json_writer *writer, const char *key);
void json_end_object(struct json_writer *writer);
void json_begin_array(struct json_writer *writer, const char *key);
void json_end_array(struct json_writer *writer);

/* A NULL string is written as null. */
void json_put_string(struct json_writer *writer, const char *key, const char *string);
void json_put_bool(struct json_writer *writer, const char *key, bool flag);
void json_put_u64(struct json_writer *writer, const char *key, uint64_t number);
void json_put_i64(struct json_writer *writer, const char *key, int64_t number);
void json_put_real(struct json_writer *writer, const char *key, double number);
void json_put_null(struct json_writer *writer, const char *key);

/* An array of strings. */
void json_put_strings(struct json_writer *writer, const char *key, const char *const *items,
		      size_t n);

/* A value as json_read() gave it. */
void json_put_value(struct json_writer *writer, const char *key, const struct json_value *value);

/* A value that is JSON text already; the caller vouches for it. */
void json_put_raw(struct json_writer *writer, const char *key, const char *json);

/* 0 when one whole value was written, else the first error. */
int json_writer_finish(struct json_writer *writer) MUST_CHECK;
