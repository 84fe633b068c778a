/* SPDX-License-Identifier: Apache-2.0 */
/* Isolators that are switches, names and texts handed to the kernel. */
#include <errno.h>
#include <string.h>

#include "common/manifest/isolator_value.h"
#include "common/manifest/manifest_field.h"

int isolator_decode_flag(struct json_decoder *decoder, const struct json_value *value,
			 struct isolator *ret)
{
	if (value->kind != JSON_VALUE_BOOL)
		return json_refuse_kind(decoder, value, "true or false");
	ret->flag = value->flag;
	return 0;
}

struct selinux_context {
	const char *user, *role, *type, *level;
};

static int check_part(struct json_decoder *decoder, const char *part)
{
	if (strchr(part, ':') != NULL)
		return json_refuse_string(decoder, part, "has a colon");
	return field_check_line(decoder, part);
}

#define CONTEXT_PART(member, check_)                                                               \
	{                                                                                          \
		.name = #member, .kind = JSON_FIELD_STRING, .flags = JSON_REQUIRED,                \
		.offset = offsetof(struct selinux_context, member), .check = (check_)              \
	}

static const struct json_field selinux_fields[] = {
	CONTEXT_PART(user, check_part), CONTEXT_PART(role, check_part),
	CONTEXT_PART(type, check_part), CONTEXT_PART(level, field_check_line), /* "s0:c1,c2" */
};

static const struct json_table selinux_table = JSON_TABLE(struct selinux_context, selinux_fields);

int isolator_decode_selinux_context(struct json_decoder *decoder, const struct json_value *value,
				    struct isolator *ret)
{
	struct selinux_context context = { .user = NULL };
	int r = json_decode(decoder, value, &selinux_table, &context);

	if (r < 0)
		return r;
	ret->text = arena_printf(decoder->arena, "%s:%s:%s:%s", context.user, context.role,
				 context.type, context.level);
	return ret->text != NULL ? 0 : json_no_memory(decoder);
}

int isolator_decode_apparmor_profile(struct json_decoder *decoder, const struct json_value *value,
				     struct isolator *ret)
{
	int r;

	if (value->kind != JSON_VALUE_STRING)
		return json_refuse_kind(decoder, value, "a string");
	r = field_check_line(decoder, value->string);
	if (r < 0)
		return r;
	ret->text = value->string;
	return 0;
}

/* A key becomes a path below /proc/sys: nothing in it may leave that tree. */
static bool is_sysctl_key(const char *key)
{
	if (key[0] == '\0' || strchr("./", key[0]) != NULL)
		return false;
	for (size_t i = 0; key[i] != '\0'; i++) {
		bool separator = key[i] == '.' || key[i] == '/';
		bool ends = key[i + 1] == '\0' || key[i + 1] == '.' || key[i + 1] == '/';

		if (separator && ends)
			return false;
	}
	return key[strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-/"
			       ":@")] == '\0';
}

static int check_sysctl(struct json_decoder *decoder, const char *key, const char *value)
{
	if (!is_sysctl_key(key))
		return json_refuse(decoder, "not a sysctl");
	for (const char *p = value; *p != '\0'; p++) {
		if (((unsigned char)*p < 0x20 && *p != '\t') || *p == 0x7f)
			return json_refuse_string(decoder, value, "has a control character");
	}
	return 0;
}

int isolator_decode_sysctl(struct json_decoder *decoder, const struct json_value *value,
			   struct isolator *ret)
{
	struct manifest_pairs map = { .n = 0 };
	struct isolator_pair *pairs;
	int r = field_decode_map(decoder, value, &map);

	if (r < 0 || map.n == 0)
		return r;
	pairs = arena_array(decoder->arena, map.n, struct isolator_pair);
	if (pairs == NULL)
		return json_no_memory(decoder);
	for (size_t i = 0; i < map.n && r == 0; i++) {
		pairs[i].key = map.items[i].name;
		pairs[i].value = map.items[i].value;
		json_enter_field(decoder, pairs[i].key);
		r = check_sysctl(decoder, pairs[i].key, pairs[i].value);
		json_leave(decoder);
	}
	if (r < 0)
		return r;
	ret->pairs.items = pairs;
	ret->pairs.n = map.n;
	return 0;
}
