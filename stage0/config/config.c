/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/config/config.h"

#include <errno.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/json/json_decoder.h"
#include "stage0/config/config_file.h"

/* What every file starts with; checked before the rest is decoded. */
struct file_head {
	const char *kind, *version;
};

struct paths_file {
	struct file_head head;
	const char *data, *stage1_images;
};

struct stage1_file {
	struct file_head head;
	struct config_stage1 stage1;
};

enum tristate { UNSET, NO, YES };

struct policy_file {
	struct file_head head;
	enum tristate may_lower;
	const char *const *levels;
	size_t n_levels;
};

/* What the files of one place say. */
struct place_values {
	struct paths_file paths;
	struct stage1_file stage1;
	struct policy_file policy;
};

#define HEAD_FIELDS                                                                                \
	{ .name = "rktKind",                                                                       \
	  .kind = JSON_FIELD_STRING,                                                               \
	  .offset = offsetof(struct file_head, kind) },                                            \
	{                                                                                          \
		.name = "rktVersion", .kind = JSON_FIELD_STRING,                                   \
		.offset = offsetof(struct file_head, version)                                      \
	}

static int check_absolute(struct json_decoder *decoder, const char *string)
{
	if (string[0] != '/')
		return json_refuse_string(decoder, string, "not an absolute path");
	return 0;
}

static int decode_tristate(struct json_decoder *decoder, const struct json_value *value,
			   void *member)
{
	if (value->kind != JSON_VALUE_BOOL)
		return json_refuse_kind(decoder, value, "true or false");
	*(enum tristate *)member = value->flag ? YES : NO;
	return 0;
}

/* Takes over one value of a file; within a place it may be set only once. */
static int merge_string(struct json_decoder *decoder, const char *name, const char *value,
			const char **target)
{
	if (value == NULL)
		return 0;
	if (*target != NULL)
		return json_refuse(decoder, "%s is set by another file of this folder too", name);
	*target = value;
	return 0;
}

static int merge_paths(struct json_decoder *decoder, const void *decoded, void *place)
{
	const struct paths_file *file = decoded;
	struct paths_file *target = &((struct place_values *)place)->paths;
	int r = merge_string(decoder, "data", file->data, &target->data);

	if (r == 0)
		r = merge_string(decoder, "stage1-images", file->stage1_images,
				 &target->stage1_images);
	return r;
}

static int merge_stage1(struct json_decoder *decoder, const void *decoded, void *place)
{
	const struct config_stage1 *file = &((const struct stage1_file *)decoded)->stage1;
	struct config_stage1 *target = &((struct place_values *)place)->stage1.stage1;
	int r;

	if ((file->name == NULL) != (file->version == NULL))
		return json_refuse(decoder, "name and version must be given together");
	r = merge_string(decoder, "name", file->name, &target->name);
	if (r == 0)
		r = merge_string(decoder, "version", file->version, &target->version);
	if (r == 0)
		r = merge_string(decoder, "location", file->location, &target->location);
	return r;
}

static int merge_policy(struct json_decoder *decoder, const void *decoded, void *place)
{
	const struct policy_file *file = decoded;
	struct policy_file *target = &((struct place_values *)place)->policy;

	if ((file->may_lower != UNSET && target->may_lower != UNSET) ||
	    (file->n_levels > 0 && target->n_levels > 0))
		return json_refuse(decoder,
				   "its values are set by another file of this folder too");
	if (file->may_lower != UNSET)
		target->may_lower = file->may_lower;
	if (file->n_levels > 0) {
		target->levels = file->levels;
		target->n_levels = file->n_levels;
	}
	return 0;
}

static const struct json_field paths_fields[] = {
	HEAD_FIELDS,
	{ .name = "data",
	  .kind = JSON_FIELD_STRING,
	  .offset = offsetof(struct paths_file, data),
	  .check = check_absolute },
	{ .name = "stage1-images",
	  .kind = JSON_FIELD_STRING,
	  .offset = offsetof(struct paths_file, stage1_images),
	  .check = check_absolute },
};

static const struct json_field stage1_fields[] = {
	HEAD_FIELDS,
	{ .name = "name",
	  .kind = JSON_FIELD_STRING,
	  .offset = offsetof(struct stage1_file, stage1.name),
	  .check = json_check_not_empty },
	{ .name = "version",
	  .kind = JSON_FIELD_STRING,
	  .offset = offsetof(struct stage1_file, stage1.version),
	  .check = json_check_not_empty },
	{ .name = "location",
	  .kind = JSON_FIELD_STRING,
	  .offset = offsetof(struct stage1_file, stage1.location),
	  .check = json_check_not_empty },
};

static const struct json_field policy_fields[] = {
	HEAD_FIELDS,
	{ .name = "annotationMayLower",
	  .kind = JSON_FIELD_CUSTOM,
	  .offset = offsetof(struct policy_file, may_lower),
	  .decode = decode_tristate },
	{ .name = "levels",
	  .kind = JSON_FIELD_STRINGS,
	  .flags = JSON_NOT_EMPTY,
	  .offset = offsetof(struct policy_file, levels),
	  .n_offset = offsetof(struct policy_file, n_levels),
	  .check = json_check_not_empty },
};

static const struct json_table paths_table = JSON_TABLE(struct paths_file, paths_fields);
static const struct json_table stage1_table = JSON_TABLE(struct stage1_file, stage1_fields);
static const struct json_table policy_table = JSON_TABLE(struct policy_file, policy_fields);

static const struct config_kind kinds[] = {
	{ "paths.d", "paths", &paths_table, merge_paths },
	{ "stage1.d", "stage1", &stage1_table, merge_stage1 },
	{ "stage1-policy.d", "stage1Policy", &policy_table, merge_policy },
};

void config_defaults(struct config *ret)
{
	static const char *const levels[] = {
		"coreos.com/rkt/stage1-fly",
		"coreos.com/rkt/stage1-coreos",
		"coreos.com/rkt/stage1-kvm",
	};

	*ret = (struct config){ .policy = { .levels = levels, .n_levels = ARRAY_LENGTH(levels) } };
}

static void override(const char **target, const char *value)
{
	if (value != NULL)
		*target = value;
}

static void apply(struct config *config, const struct place_values *values)
{
	override(&config->data, values->paths.data);
	override(&config->stage1_images, values->paths.stage1_images);
	override(&config->stage1.name, values->stage1.stage1.name);
	override(&config->stage1.version, values->stage1.stage1.version);
	override(&config->stage1.location, values->stage1.stage1.location);
	if (values->policy.may_lower != UNSET)
		config->policy.annotation_may_lower = values->policy.may_lower == YES;
	if (values->policy.n_levels > 0) {
		config->policy.levels = values->policy.levels;
		config->policy.n_levels = values->policy.n_levels;
	}
}

static int read_place(struct arena *arena, const char *place, struct config *config,
		      struct error *err)
{
	struct place_values values = { 0 };

	if (place == NULL || place[0] == '\0')
		return 0;
	for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
		const struct config_kinds one = { &kinds[i], 1, false };
		int r = config_folder_read(arena, place, &one, &values, err);

		if (r < 0)
			return r;
	}
	apply(config, &values);
	return 0;
}

int config_read(struct arena *arena, const struct config_places *places, struct config *ret,
		struct error *err)
{
	const char *const in_order[] = { places->vendor, places->machine, places->user };
	struct config config;

	config_defaults(&config);
	for (size_t i = 0; i < ARRAY_LENGTH(in_order); i++) {
		int r = read_place(arena, in_order[i], &config, err);

		if (r < 0)
			return r;
	}
	*ret = config;
	return 0;
}
