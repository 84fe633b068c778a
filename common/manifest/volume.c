/* SPDX-License-Identifier: Apache-2.0 */
#include "common/manifest/volume.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/parse.h"
#include "common/manifest/manifest_field.h"

static int decode_kind(struct json_decoder *decoder, const struct json_value *value, void *member)
{
	enum volume_kind *kind = member;

	if (value->kind != JSON_VALUE_STRING)
		return json_refuse_kind(decoder, value, "a string");
	if (strcmp(value->string, "host") != 0 && strcmp(value->string, "empty") != 0)
		return json_refuse_string(decoder, value->string, "neither host nor empty");
	*kind = value->string[0] == 'h' ? VOLUME_HOST : VOLUME_EMPTY;
	return 0;
}

static int decode_mode(struct json_decoder *decoder, const struct json_value *value, void *member)
{
	if (value->kind != JSON_VALUE_STRING)
		return json_refuse_kind(decoder, value, "a string of octal digits");
	if (parse_mode(value->string, member) < 0)
		return json_refuse_string(decoder, value->string, "no octal mode up to 7777");
	return 0;
}

static int decode_read_only(struct json_decoder *decoder, const struct json_value *value,
			    void *member)
{
	struct volume *volume = member;

	if (value->kind != JSON_VALUE_BOOL)
		return json_refuse_kind(decoder, value, "true or false");
	volume->has_read_only = true;
	volume->read_only = value->flag;
	return 0;
}

static int decode_recursive(struct json_decoder *decoder, const struct json_value *value,
			    void *member)
{
	struct volume *volume = member;

	if (value->kind != JSON_VALUE_BOOL)
		return json_refuse_kind(decoder, value, "true or false");
	volume->has_recursive = true;
	volume->recursive = value->flag;
	return 0;
}

static const struct json_field fields[] = {
	{ .name = "name",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct volume, name),
	  .check = field_check_name },
	{ .name = "kind",
	  .kind = JSON_FIELD_CUSTOM,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct volume, kind),
	  .decode = decode_kind },
	{ .name = "source", .kind = JSON_FIELD_STRING, .offset = offsetof(struct volume, source) },
	{ .name = "readOnly",
	  .kind = JSON_FIELD_CUSTOM,
	  .flags = JSON_NULLABLE,
	  .decode = decode_read_only },
	{ .name = "recursive",
	  .kind = JSON_FIELD_CUSTOM,
	  .flags = JSON_NULLABLE,
	  .decode = decode_recursive },
	{ .name = "mode",
	  .kind = JSON_FIELD_CUSTOM,
	  .flags = JSON_NULLABLE,
	  .offset = offsetof(struct volume, mode),
	  .decode = decode_mode },
	{ .name = "uid",
	  .kind = JSON_FIELD_U32,
	  .flags = JSON_NULLABLE,
	  .offset = offsetof(struct volume, uid),
	  .max = PARSE_ID_MAX },
	{ .name = "gid",
	  .kind = JSON_FIELD_U32,
	  .flags = JSON_NULLABLE,
	  .offset = offsetof(struct volume, gid),
	  .max = PARSE_ID_MAX },
};

static int check_source(struct json_decoder *decoder, const char *source)
{
	int r;

	json_enter_field(decoder, "source");
	r = source != NULL ? field_check_path(decoder, source) : json_refuse(decoder, "missing");
	json_leave(decoder);
	return r;
}

static int check_volume(struct json_decoder *decoder, void *object)
{
	struct volume *volume = object;

	if (volume->kind == VOLUME_HOST)
		return check_source(decoder, volume->source);
	if (volume->source != NULL && volume->source[0] != '\0')
		return json_refuse_string(decoder, volume->source, "an empty volume has no source");
	if (volume->has_recursive)
		return json_refuse(decoder, "an empty volume has nothing to be recursive about");
	volume->source = NULL;
	return 0;
}

static const struct json_table table = JSON_TABLE(struct volume, fields, .check = check_volume);

/* The host's own directory keeps its mode and owner, so a wish for others cannot be granted. */
static int refuse_ownership(struct json_decoder *decoder, const struct json_value *value)
{
	static const char *const names[] = { "mode", "uid", "gid" };

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		const struct json_value *got = json_value_member(value, names[i]);

		if (got != NULL && got->kind != JSON_VALUE_NULL)
			return json_refuse(decoder, "%s: a host volume keeps its own", names[i]);
	}
	return 0;
}

int volume_decode(struct json_decoder *decoder, const struct json_value *value, struct volume *ret)
{
	struct volume volume = { .mode = 0755 };
	int r = json_decode(decoder, value, &table, &volume);

	if (r == 0 && volume.kind == VOLUME_HOST)
		r = refuse_ownership(decoder, value);
	if (r < 0)
		return r;
	*ret = volume;
	return 0;
}

void volume_put(struct json_writer *writer, const char *key, const struct volume *volume)
{
	char mode[16];

	(void)snprintf(mode, sizeof(mode), "%04" PRIo32, volume->mode);
	json_begin_object(writer, key);
	json_put_string(writer, "name", volume->name);
	json_put_string(writer, "kind", volume->kind == VOLUME_HOST ? "host" : "empty");
	if (volume->kind == VOLUME_HOST)
		json_put_string(writer, "source", volume->source);
	if (volume->has_read_only)
		json_put_bool(writer, "readOnly", volume->read_only);
	if (volume->has_recursive)
		json_put_bool(writer, "recursive", volume->recursive);
	if (volume->kind == VOLUME_EMPTY) {
		json_put_string(writer, "mode", mode);
		json_put_u64(writer, "uid", volume->uid);
		json_put_u64(writer, "gid", volume->gid);
	}
	json_end_object(writer);
}
