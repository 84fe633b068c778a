/* SPDX-License-Identifier: Apache-2.0 */
#include "common/json/json_decoder.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/cleanup.h"

static int store_pointer(void *member, const void *pointer)
{
	memcpy(member, &pointer, sizeof(pointer)); /* whatever it points to */
	return 0;
}

static int decode_string(struct json_decoder *decoder, const struct json_field *field,
			 const struct json_value *value, void *member)
{
	int r;

	if (value->kind != JSON_VALUE_STRING)
		return json_refuse_kind(decoder, value, "a string");
	r = field->check != NULL ? field->check(decoder, value->string) : 0;
	if (r < 0)
		return r;
	return store_pointer(member, value->string);
}

static int decode_bool(struct json_decoder *decoder, const struct json_value *value, void *member)
{
	if (value->kind != JSON_VALUE_BOOL)
		return json_refuse_kind(decoder, value, "true or false");
	*(bool *)member = value->flag;
	return 0;
}

static uint64_t type_max(enum json_field_kind kind)
{
	if (kind == JSON_FIELD_U16)
		return UINT16_MAX;
	return kind == JSON_FIELD_U32 ? UINT32_MAX : INT64_MAX;
}

static int decode_number(struct json_decoder *decoder, const struct json_field *field,
			 const struct json_value *value, void *member)
{
	uint64_t max = field->max > 0 ? field->max : type_max(field->kind);
	uint64_t number;

	if (value->kind != JSON_VALUE_INTEGER)
		return json_refuse_kind(decoder, value, "a whole number");
	number = (uint64_t)value->integer;
	if (value->integer < 0 || number < field->min || number > max)
		return json_refuse(decoder, "%" PRId64 ": not in %" PRIu64 " … %" PRIu64,
				   value->integer, field->min, max);
	if (field->kind == JSON_FIELD_U16)
		*(uint16_t *)member = (uint16_t)number;
	else if (field->kind == JSON_FIELD_U32)
		*(uint32_t *)member = (uint32_t)number;
	else
		*(uint64_t *)member = number;
	return 0;
}

static int decode_strings(struct json_decoder *decoder, const struct json_field *field,
			  const struct json_value *value, void *object)
{
	const char **items;
	size_t n;
	int r = 0;

	if (value->kind != JSON_VALUE_ARRAY)
		return json_refuse_kind(decoder, value, "an array");
	n = value->array.n;
	if (n == 0)
		return 0;
	items = arena_array(decoder->arena, n + 1, const char *);
	if (items == NULL)
		return json_no_memory(decoder);
	for (size_t i = 0; i < n && r == 0; i++) {
		json_enter_item(decoder, i);
		r = decode_string(decoder, field, &value->array.items[i], &items[i]);
		json_leave(decoder);
	}
	if (r < 0)
		return r;
	*(size_t *)((char *)object + field->n_offset) = n;
	return store_pointer((char *)object + field->offset, items);
}

static int decode_pointer(struct json_decoder *decoder, const struct json_field *field,
			  const struct json_value *value, void *member)
{
	void *object = arena_alloc(decoder->arena, 1, field->table->size);
	int r;

	if (object == NULL)
		return json_no_memory(decoder);
	r = json_decode(decoder, value, field->table, object);
	if (r < 0)
		return r;
	return store_pointer(member, object);
}

int json_decode_array(struct json_decoder *decoder, const struct json_value *value,
		      const struct json_table *table, void **ret_items, size_t *ret_n)
{
	char *items;
	size_t n;
	int r = 0;

	if (value->kind != JSON_VALUE_ARRAY)
		return json_refuse_kind(decoder, value, "an array");
	n = value->array.n;
	items = n > 0 ? arena_alloc(decoder->arena, n, table->size) : NULL;
	if (n > 0 && items == NULL)
		return json_no_memory(decoder);
	for (size_t i = 0; i < n && r == 0; i++) {
		json_enter_item(decoder, i);
		r = json_decode(decoder, &value->array.items[i], table, items + i * table->size);
		json_leave(decoder);
	}
	if (r < 0)
		return r;
	*ret_items = items;
	*ret_n = n;
	return 0;
}

static int decode_objects(struct json_decoder *decoder, const struct json_field *field,
			  const struct json_value *value, void *object)
{
	void *items = NULL;
	size_t n = 0;
	int r = json_decode_array(decoder, value, field->table, &items, &n);

	if (r < 0)
		return r;
	*(size_t *)((char *)object + field->n_offset) = n;
	return store_pointer((char *)object + field->offset, items);
}

static bool null_is_absent(const struct json_field *field)
{
	switch (field->kind) {
	case JSON_FIELD_STRINGS:
	case JSON_FIELD_OBJECT:
	case JSON_FIELD_POINTER:
	case JSON_FIELD_ARRAY:
		return (field->flags & JSON_REQUIRED) == 0 || (field->flags & JSON_NULLABLE) != 0;
	default:
		return (field->flags & JSON_NULLABLE) != 0;
	}
}

static int decode_field(struct json_decoder *decoder, const struct json_field *field,
			const struct json_value *value, void *object)
{
	void *member = (char *)object + field->offset;

	if (value->kind == JSON_VALUE_NULL && null_is_absent(field))
		return 0;
	if ((field->flags & JSON_NOT_EMPTY) != 0 && value->kind == JSON_VALUE_ARRAY &&
	    value->array.n == 0)
		return json_refuse(decoder, "empty");
	if (value->kind == JSON_VALUE_ARRAY && field->max > 0 && value->array.n > field->max)
		return json_refuse(decoder, "%zu items, more than the %" PRIu64 " allowed",
				   value->array.n, field->max);
	switch (field->kind) {
	case JSON_FIELD_STRING:
		return decode_string(decoder, field, value, member);
	case JSON_FIELD_BOOL:
		return decode_bool(decoder, value, member);
	case JSON_FIELD_U16:
	case JSON_FIELD_U32:
	case JSON_FIELD_U64:
		return decode_number(decoder, field, value, member);
	case JSON_FIELD_STRINGS:
		return decode_strings(decoder, field, value, object);
	case JSON_FIELD_OBJECT:
		return json_decode(decoder, value, field->table, member);
	case JSON_FIELD_POINTER:
		return decode_pointer(decoder, field, value, member);
	case JSON_FIELD_ARRAY:
		return decode_objects(decoder, field, value, object);
	case JSON_FIELD_CUSTOM:
		return field->decode(decoder, value, member);
	}
	return json_refuse(decoder, "a field of no known kind");
}

static bool is_named(const struct json_table *table, const struct json_field *field,
		     const char *name)
{
	return (table->any_case ? strcasecmp(field->name, name) : strcmp(field->name, name)) == 0;
}

static bool is_there(const struct json_table *table, const struct json_field *field,
		     const struct json_value *value)
{
	return (table->any_case ? json_value_member_any_case(value, field->name)
				: json_value_member(value, field->name)) != NULL;
}

static int decode_member(struct json_decoder *decoder, const struct json_member *member,
			 const struct json_table *table, void *object)
{
	int r = 0;

	json_enter_field(decoder, member->name);
	for (size_t i = 0; i <= table->n; i++) {
		if (i == table->n) {
			r = table->open ? 0 : json_refuse(decoder, "unknown field");
			break;
		}
		if (is_named(table, &table->fields[i], member->name)) {
			r = decode_field(decoder, &table->fields[i], &member->value, object);
			break;
		}
	}
	json_leave(decoder);
	return r;
}

int json_decode(struct json_decoder *decoder, const struct json_value *value,
		const struct json_table *table, void *object)
{
	int r = 0;

	if (value->kind != JSON_VALUE_OBJECT)
		return json_refuse_kind(decoder, value, "an object");
	for (size_t i = 0; i < value->object.n && r == 0; i++)
		r = decode_member(decoder, &value->object.items[i], table, object);
	for (size_t i = 0; i < table->n && r == 0; i++) {
		const struct json_field *field = &table->fields[i];

		if ((field->flags & JSON_REQUIRED) == 0 || is_there(table, field, value))
			continue;
		json_enter_field(decoder, field->name);
		r = json_refuse(decoder, "missing");
		json_leave(decoder);
	}
	if (r == 0 && table->check != NULL)
		r = table->check(decoder, object);
	return r;
}

int json_check_not_empty(struct json_decoder *decoder, const char *string)
{
	return string[0] != '\0' ? 0 : json_refuse(decoder, "empty");
}

static int compare_names(const void *a, const void *b)
{
	const char *const *left = a;
	const char *const *right = b;

	return strcmp(*left, *right);
}

int json_check_unique(struct json_decoder *decoder, const void *items, size_t n, size_t size,
		      const char *what)
{
	char reason[64];
	const char **names;

	if (n < 2)
		return 0;
	names = arena_array(decoder->arena, n, const char *);
	if (names == NULL)
		return json_no_memory(decoder);
	for (size_t i = 0; i < n; i++)
		memcpy(&names[i], (const char *)items + i * size, sizeof(names[i]));
	qsort(names, n, sizeof(names[0]), compare_names); /* a list may have many thousands */
	for (size_t i = 1; i < n; i++) {
		if (strcmp(names[i - 1], names[i]) != 0)
			continue;
		(void)snprintf(reason, sizeof(reason), "more than one %s of this name", what);
		return json_refuse_string(decoder, names[i], reason);
	}
	return 0;
}
