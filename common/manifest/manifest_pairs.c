/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of names and values: labels, annotations, environment variables. */
#include <errno.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/manifest/manifest_field.h"

const char *manifest_pairs_get(const struct manifest_pairs *pairs, const char *name)
{
	for (size_t i = 0; i < pairs->n; i++) {
		if (strcmp(pairs->items[i].name, name) == 0)
			return pairs->items[i].value;
	}
	return NULL;
}

#define PAIR_FIELDS(check_)                                                                        \
	{                                                                                          \
		{ .name = "name",                                                                  \
		  .kind = JSON_FIELD_STRING,                                                       \
		  .flags = JSON_REQUIRED,                                                          \
		  .offset = offsetof(struct manifest_pair, name),                                  \
		  .check = (check_) },                                                             \
		    { .name = "value",                                                             \
		      .kind = JSON_FIELD_STRING,                                                   \
		      .flags = JSON_REQUIRED,                                                      \
		      .offset = offsetof(struct manifest_pair, value) },                           \
	}

static int check_variable(struct json_decoder *decoder, const char *name)
{
	return name_is_environment_variable(name)
		   ? 0
		   : json_refuse_string(decoder, name, "no name of an environment variable");
}

static int check_label(struct json_decoder *decoder, const char *name)
{
	if (strcmp(name, "name") == 0)
		return json_refuse_string(decoder, name, "no label may be called so");
	return field_check_identifier(decoder, name);
}

static const struct json_field identified_fields[] = PAIR_FIELDS(field_check_identifier);
static const struct json_field label_fields[] = PAIR_FIELDS(check_label);
static const struct json_field variable_fields[] = PAIR_FIELDS(check_variable);

static const struct json_table annotation_table =
    JSON_TABLE(struct manifest_pair, identified_fields);
static const struct json_table label_table = JSON_TABLE(struct manifest_pair, label_fields);
static const struct json_table variable_table = JSON_TABLE(struct manifest_pair, variable_fields);

static int decode_pairs(struct json_decoder *decoder, const struct json_value *value,
			const struct json_table *table, const char *what,
			struct manifest_pairs *ret)
{
	void *items = NULL;
	size_t n = 0;
	int r;

	if (value->kind == JSON_VALUE_NULL)
		return 0;
	r = json_decode_array(decoder, value, table, &items, &n);
	if (r == 0)
		r = json_check_unique(decoder, items, n, sizeof(struct manifest_pair), what);
	if (r < 0)
		return r;
	ret->items = items;
	ret->n = n;
	return 0;
}

/* The list the spec keeps in its schema (ValidOSArch); names of architectures are its own. */
static const struct {
	const char *os;
	const char *const *archs;
} known_systems[] = {
	{ "linux", (const char *const[]){ "amd64", "i386", "aarch64", "aarch64_be", "armv6l",
					  "armv7l", "armv7b", "ppc64", "ppc64le", "s390x", NULL } },
	{ "freebsd", (const char *const[]){ "amd64", "i386", "arm", NULL } },
	{ "darwin", (const char *const[]){ "x86_64", "i386", NULL } },
};

static int check_system(struct json_decoder *decoder, const struct manifest_pairs *labels)
{
	const char *os = manifest_pairs_get(labels, "os");
	const char *arch = manifest_pairs_get(labels, "arch");

	if (os == NULL)
		return 0; /* arch alone says nothing */
	for (size_t i = 0; i < ARRAY_LENGTH(known_systems); i++) {
		if (strcmp(known_systems[i].os, os) != 0)
			continue;
		for (size_t k = 0; arch != NULL && known_systems[i].archs[k] != NULL; k++) {
			if (strcmp(known_systems[i].archs[k], arch) == 0)
				return 0;
		}
		return arch == NULL
			   ? 0
			   : json_refuse_string(decoder, arch, "no architecture of this os");
	}
	return json_refuse_string(decoder, os, "no os that the spec knows");
}

int field_decode_labels(struct json_decoder *decoder, const struct json_value *value, void *member)
{
	struct manifest_pairs labels = { .n = 0 };
	int r = decode_pairs(decoder, value, &label_table, "label", &labels);

	if (r == 0)
		r = check_system(decoder, &labels);
	if (r < 0)
		return r;
	*(struct manifest_pairs *)member = labels;
	return 0;
}

/* RFC 3339, section 5.6: '0' in the form stands for any digit. */
static bool is_timestamp(const char *text)
{
	static const char form[] = "0000-00-00T00:00:00";
	static const char zone[] = "00:00";
	size_t i;

	for (i = 0; i < sizeof(form) - 1; i++) {
		if (form[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
			return false;
	}
	text += i;
	if (text[0] == '.') {
		size_t digits = strspn(text + 1, "0123456789");

		if (digits == 0)
			return false;
		text += 1 + digits;
	}
	if (strcmp(text, "Z") == 0)
		return true;
	if (text[0] != '+' && text[0] != '-')
		return false;
	text++;
	for (i = 0; i < sizeof(zone) - 1; i++) {
		if (zone[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != zone[i])
			return false;
	}
	return text[i] == '\0';
}

static bool is_web_address(const char *text)
{
	return strncmp(text, "http://", 7) == 0 || strncmp(text, "https://", 8) == 0;
}

static int check_annotations(struct json_decoder *decoder, const struct manifest_pairs *pairs)
{
	const char *created = manifest_pairs_get(pairs, "created");
	const char *homepage = manifest_pairs_get(pairs, "homepage");
	const char *documentation = manifest_pairs_get(pairs, "documentation");

	if (created != NULL && !is_timestamp(created))
		return json_refuse_string(decoder, created, "created is no RFC 3339 timestamp");
	if (homepage != NULL && !is_web_address(homepage))
		return json_refuse_string(decoder, homepage, "homepage is no http or https URL");
	if (documentation != NULL && !is_web_address(documentation))
		return json_refuse_string(decoder, documentation,
					  "documentation is no http or https URL");
	return 0;
}

int field_decode_annotations(struct json_decoder *decoder, const struct json_value *value,
			     void *member)
{
	struct manifest_pairs pairs = { .n = 0 };
	int r = decode_pairs(decoder, value, &annotation_table, "annotation", &pairs);

	if (r == 0)
		r = check_annotations(decoder, &pairs);
	if (r < 0)
		return r;
	*(struct manifest_pairs *)member = pairs;
	return 0;
}

int field_decode_environment(struct json_decoder *decoder, const struct json_value *value,
			     void *member)
{
	return decode_pairs(decoder, value, &variable_table, "variable", member);
}
