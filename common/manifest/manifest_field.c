/* SPDX-License-Identifier: Apache-2.0 */
#include "common/manifest/manifest_field.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

int field_check_identifier(struct json_decoder *decoder, const char *string)
{
	return name_is_ac_identifier(string)
		   ? 0
		   : json_refuse_string(decoder, string, "not an AC Identifier");
}

int field_check_name(struct json_decoder *decoder, const char *string)
{
	return name_is_ac_name(string) ? 0 : json_refuse_string(decoder, string, "not an AC Name");
}

int field_check_image_id(struct json_decoder *decoder, const char *string)
{
	return name_is_image_id(string)
		   ? 0
		   : json_refuse_string(decoder, string, "not an image id (sha512-…)");
}

int field_check_version(struct json_decoder *decoder, const char *string)
{
	return name_is_ac_version(string)
		   ? 0
		   : json_refuse_string(decoder, string,
					"not a version of the App Container spec from 0.1.0");
}

static bool has_control(const char *string)
{
	for (const char *p = string; *p != '\0'; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return true;
	}
	return false;
}

int field_check_line(struct json_decoder *decoder, const char *string)
{
	if (string[0] == '\0')
		return json_refuse(decoder, "empty");
	return has_control(string) ? json_refuse_string(decoder, string, "has a control character")
				   : 0;
}

int field_check_path(struct json_decoder *decoder, const char *string)
{
	if (string[0] != '/')
		return json_refuse_string(decoder, string, "not an absolute path");
	if (strlen(string) >= PATH_MAX)
		return json_refuse_string(decoder, string, "longer than a path can be");
	return field_check_line(decoder, string);
}

int field_check_kind(struct json_decoder *decoder, const struct json_value *value,
		     const char *expected)
{
	if (value->kind != JSON_VALUE_STRING)
		return json_refuse_kind(decoder, value, "a string");
	if (strcmp(value->string, expected) != 0) {
		char reason[64];

		(void)snprintf(reason, sizeof(reason), "expected \"%s\"", expected);
		return json_refuse_string(decoder, value->string, reason);
	}
	return 0;
}

int field_decode_map(struct json_decoder *decoder, const struct json_value *value, void *member)
{
	struct manifest_pairs *pairs = member;
	struct manifest_pair *items;

	if (value->kind == JSON_VALUE_NULL ||
	    (value->kind == JSON_VALUE_OBJECT && value->object.n == 0))
		return 0;
	if (value->kind != JSON_VALUE_OBJECT)
		return json_refuse_kind(decoder, value, "an object");
	items = arena_array(decoder->arena, value->object.n, struct manifest_pair);
	if (items == NULL)
		return json_no_memory(decoder);
	for (size_t i = 0; i < value->object.n; i++) {
		const struct json_member *entry = &value->object.items[i];

		json_enter_field(decoder, entry->name);
		if (entry->value.kind != JSON_VALUE_STRING)
			return json_refuse_kind(decoder, &entry->value, "a string");
		json_leave(decoder);
		items[i].name = entry->name;
		items[i].value = entry->value.string;
	}
	pairs->items = items;
	pairs->n = value->object.n;
	return 0;
}

void field_put_pairs(struct json_writer *writer, const char *key,
		     const struct manifest_pairs *pairs)
{
	json_begin_array(writer, key);
	for (size_t i = 0; i < pairs->n; i++) {
		json_begin_object(writer, NULL);
		json_put_string(writer, "name", pairs->items[i].name);
		json_put_string(writer, "value", pairs->items[i].value);
		json_end_object(writer);
	}
	json_end_array(writer);
}

void field_put_map(struct json_writer *writer, const char *key, const struct manifest_pairs *pairs)
{
	json_begin_object(writer, key);
	for (size_t i = 0; i < pairs->n; i++)
		json_put_string(writer, pairs->items[i].name, pairs->items[i].value);
	json_end_object(writer);
}

void field_put_isolators(struct json_writer *writer, const struct isolator *items, size_t n)
{
	json_begin_array(writer, "isolators");
	for (size_t i = 0; i < n; i++) {
		json_begin_object(writer, NULL);
		json_put_string(writer, "name", items[i].name);
		json_put_raw(writer, "value", items[i].json);
		json_end_object(writer);
	}
	json_end_array(writer);
}
