/* SPDX-License-Identifier: Apache-2.0 */
#include "image/oci_config.h"

#include <string.h>

#include "image/oci_index.h"

/* {"6379/tcp": {}}: the names are all there is to it. */
static int decode_set(struct json_decoder *decoder, const struct json_value *value, void *member)
{
	struct oci_strings *set = member;
	const char **items;

	if (value->kind == JSON_VALUE_NULL)
		return 0;
	if (value->kind != JSON_VALUE_OBJECT)
		return json_refuse_kind(decoder, value, "an object");
	items = arena_array(decoder->arena, value->object.n + 1, const char *);
	if (items == NULL)
		return json_no_memory(decoder);
	for (size_t i = 0; i < value->object.n; i++)
		items[i] = value->object.items[i].name;
	set->items = items;
	set->n = value->object.n;
	return 0;
}

static int decode_labels(struct json_decoder *decoder, const struct json_value *value, void *member)
{
	struct oci_run_config *run = member;
	struct oci_pair *items;

	if (value->kind == JSON_VALUE_NULL)
		return 0;
	if (value->kind != JSON_VALUE_OBJECT)
		return json_refuse_kind(decoder, value, "an object");
	items = arena_array(decoder->arena, value->object.n + 1, struct oci_pair);
	if (items == NULL)
		return json_no_memory(decoder);
	for (size_t i = 0; i < value->object.n; i++) {
		const struct json_member *label = &value->object.items[i];

		json_enter_field(decoder, label->name);
		if (label->value.kind != JSON_VALUE_STRING)
			return json_refuse_kind(decoder, &label->value, "a string");
		json_leave(decoder);
		items[i] = (struct oci_pair){ label->name, label->value.string };
	}
	run->labels = items;
	run->n_labels = value->object.n;
	return 0;
}

/* {"type": "layers", "diff_ids": ["sha256:…", …]} */
static int decode_rootfs(struct json_decoder *decoder, const struct json_value *value, void *member)
{
	const struct json_value *ids = json_value_member(value, "diff_ids");
	struct oci_config *config = member;
	struct digest *digests;

	if (value->kind != JSON_VALUE_OBJECT)
		return json_refuse_kind(decoder, value, "an object");
	if (ids == NULL || ids->kind == JSON_VALUE_NULL)
		return 0;
	json_enter_field(decoder, "diff_ids");
	if (ids->kind != JSON_VALUE_ARRAY)
		return json_refuse_kind(decoder, ids, "an array");
	if (ids->array.n > OCI_MAX_LAYERS)
		return json_refuse(decoder, "it has more than %u items", OCI_MAX_LAYERS);
	digests = arena_array(decoder->arena, ids->array.n + 1, struct digest);
	if (digests == NULL)
		return json_no_memory(decoder);
	for (size_t i = 0; i < ids->array.n; i++) {
		const struct json_value *id = &ids->array.items[i];

		json_enter_item(decoder, i);
		if (id->kind != JSON_VALUE_STRING)
			return json_refuse_kind(decoder, id, "a string");
		if (digest_parse(id->string, &digests[i]) < 0)
			return json_refuse_string(decoder, id->string,
						  "not sha256: or sha512: and their hex digits");
		json_leave(decoder);
	}
	json_leave(decoder);
	config->diff_ids = digests;
	config->n_diff_ids = ids->array.n;
	return 0;
}

#define RUN(member) (offsetof(struct oci_run_config, member))

#define RUN_STRING(name_, member)                                                                  \
	{                                                                                          \
		.name = (name_), .kind = JSON_FIELD_STRING, .flags = JSON_NULLABLE,                \
		.offset = RUN(member)                                                              \
	}

#define RUN_STRINGS(name_, member)                                                                 \
	{                                                                                          \
		.name = (name_), .kind = JSON_FIELD_STRINGS, .offset = RUN(member.items),          \
		.n_offset = RUN(member.n)                                                          \
	}

#define RUN_SET(name_, member)                                                                     \
	{                                                                                          \
		.name = (name_), .kind = JSON_FIELD_CUSTOM, .offset = RUN(member),                 \
		.decode = decode_set                                                               \
	}

static const struct json_field run_fields[] = {
	RUN_STRING("User", user),
	RUN_STRING("WorkingDir", working_directory),
	RUN_STRING("StopSignal", stop_signal),
	RUN_STRINGS("Entrypoint", entrypoint),
	RUN_STRINGS("Cmd", command),
	RUN_STRINGS("Env", environment),
	RUN_SET("ExposedPorts", ports),
	RUN_SET("Volumes", volumes),
	{ .name = "Labels", .kind = JSON_FIELD_CUSTOM, .offset = 0, .decode = decode_labels },
};

static const struct json_table run_table =
    JSON_TABLE(struct oci_run_config, run_fields, .open = true);

#define CONFIG_STRING(name_, member, flags_)                                                       \
	{                                                                                          \
		.name = (name_), .kind = JSON_FIELD_STRING, .flags = (flags_),                     \
		.offset = offsetof(struct oci_config, member)                                      \
	}

static const struct json_field config_fields[] = {
	CONFIG_STRING("created", created, JSON_NULLABLE),
	CONFIG_STRING("author", author, JSON_NULLABLE),
	CONFIG_STRING("os", platform.os, JSON_NULLABLE),
	CONFIG_STRING("architecture", platform.architecture, JSON_NULLABLE),
	CONFIG_STRING("variant", platform.variant, JSON_NULLABLE),
	{ .name = "config",
	  .kind = JSON_FIELD_OBJECT,
	  .offset = offsetof(struct oci_config, run),
	  .table = &run_table },
	{ .name = "rootfs",
	  .kind = JSON_FIELD_CUSTOM,
	  .flags = JSON_REQUIRED,
	  .offset = 0,
	  .decode = decode_rootfs },
};

static const struct json_table config_table =
    JSON_TABLE(struct oci_config, config_fields, .open = true);

int oci_config_parse(struct arena *arena, const struct oci_text *text, struct oci_config *ret,
		     struct error *err)
{
	struct oci_config config = { 0 };
	int r = oci_decode(arena, text, &config_table, &config, err);

	if (r == 0)
		*ret = config;
	return r;
}
