/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_decoder.h - a JSON object into a C struct, by a table of its fields.
 *
 *	struct point { const char *name; uint64_t x; };
 *
 *	static const struct json_field point_fields[] = {
 *		{ .name = "name", .kind = JSON_FIELD_STRING, .offset = offsetof(struct point, name),
 *		  .flags = JSON_REQUIRED, .check = json_check_not_empty },
 *		{ .name = "x", .kind = JSON_FIELD_U64, .offset = offsetof(struct point, x), .max =
 *100
 *},
 *	};
 *	static const struct json_table point_table = JSON_TABLE(struct point, point_fields);
 *
 *	struct json_decoder decoder = { .arena = &arena, .place = "points.json", .err = err };
 *	r = json_decode(&decoder, &value, &point_table, &point);
 *
 * Strictness: a field the table does not have (unless it is open), a field of the
 *             wrong type, a missing required one: each is an error that names the field by its
 *             full path, "points.json: apps[0].app.exec: …".
 * Absent:     what is absent leaves its member as it was (zeroed memory, or the
 *             caller's default).  null for an array or object means absent.
 * Errors:     -EINVAL or -ENOMEM, with decoder->err filled.  The object may be
 *             half filled then: decode into a local and copy on success.
 * Ownership:  pointers and arrays belong to decoder->arena.
 */
#pragma once

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/json/json_value.h"

struct json_step {        /* one element of the path to the value being decoded */
	const char *name; /* NULL: an item of an array */
	size_t index;
};

struct json_decoder {
	struct arena *arena;
	const char *place;
	struct error *err; /* not NULL */
	size_t depth;      /* the members below are the decoder's own */
	struct json_step steps[JSON_MAX_DEPTH + 4];
};

enum json_field_kind {
	JSON_FIELD_STRING,  /* const char * */
	JSON_FIELD_BOOL,    /* bool */
	JSON_FIELD_U16,     /* uint16_t, min … max */
	JSON_FIELD_U32,     /* uint32_t, min … max */
	JSON_FIELD_U64,     /* uint64_t, min … max (at most INT64_MAX) */
	JSON_FIELD_STRINGS, /* const char *const *, NULL-terminated, and its count at n_offset */
	JSON_FIELD_OBJECT,  /* a struct of table, in place */
	JSON_FIELD_POINTER, /* a pointer to a struct of table */
	JSON_FIELD_ARRAY,   /* a pointer to structs of table, and their count at n_offset */
	JSON_FIELD_CUSTOM,  /* decode() does it; member is at offset */
};

enum json_field_flags {
	JSON_REQUIRED = 1 << 0,  /* must be there; an array may be empty */
	JSON_NULLABLE = 1 << 1,  /* null is fine (and absent), also for scalars and required ones */
	JSON_NOT_EMPTY = 1 << 2, /* arrays: at least one item */
};

struct json_table;

struct json_field {
	const char *name;
	enum json_field_kind kind;
	unsigned flags; /* of enum json_field_flags */
	size_t offset;
	size_t n_offset;
	uint64_t min, max; /* numbers, max 0: what the type holds; arrays: max items, 0: any */
	const struct json_table *table; /* objects */
	/* STRING: of the string; STRINGS: of each. Refuses with json_refuse_string(). */
	int (*check)(struct json_decoder *decoder, const char *string);
	int (*decode)(struct json_decoder *decoder, const struct json_value *value, void *member);
};

struct json_table {
	const struct json_field *fields;
	size_t n;
	size_t size;   /* of the struct, bytes */
	bool open;     /* ignore fields that are not here: anybody may add some */
	bool any_case; /* "Name" is name, as Go reads it */
	/* After all fields: what depends on several of them.  NULL: nothing. */
	int (*check)(struct json_decoder *decoder, void *object);
};

#define JSON_TABLE(type, fields_, ...)                                                             \
	{                                                                                          \
		.fields = (fields_), .n = sizeof(fields_) / sizeof((fields_)[0]),                  \
		.size = sizeof(type), __VA_ARGS__                                                  \
	}

/* Decodes value, which must be an object, into object (of table->size bytes). */
int json_decode(struct json_decoder *decoder, const struct json_value *value,
		const struct json_table *table, void *object) MUST_CHECK;

/* Decodes an array of objects: a new array of n structs. */
int json_decode_array(struct json_decoder *decoder, const struct json_value *value,
		      const struct json_table *table, void **ret_items, size_t *ret_n) MUST_CHECK;

/* The path: between enter and leave, messages name the inner value. */
void json_enter_field(struct json_decoder *decoder, const char *name);
void json_enter_item(struct json_decoder *decoder, size_t index);
void json_leave(struct json_decoder *decoder);

/* "place: path: message"; returns -EINVAL. */
int json_refuse(struct json_decoder *decoder, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The same with the offending text, escaped and cut: "place: path: "value": reason". */
int json_refuse_string(struct json_decoder *decoder, const char *value, const char *reason);

/* "place: path: expected a string, got a number". */
int json_refuse_kind(struct json_decoder *decoder, const struct json_value *value,
		     const char *expected);

/* "place: path: out of memory"; returns -ENOMEM. */
int json_no_memory(struct json_decoder *decoder);

/* A check for any string that must not be "". */
int json_check_not_empty(struct json_decoder *decoder, const char *string);

/*
 * Refuses two items of an array with the same name; size is of an item, its
 * first member is the name (const char *).  what: "label".
 */
int json_check_unique(struct json_decoder *decoder, const void *items, size_t n, size_t size,
		      const char *what) MUST_CHECK;
