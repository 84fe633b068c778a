/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pod/pod_usage.h"

#include <errno.h>

#include "common/base/cleanup.h"
#include "common/json/json_reader.h"
#include "common/manifest/name.h"

#define MAX_APPS 1024

static const struct {
	const char *name;
	size_t offset;
} members[] = {
	{ "cpuNs", offsetof(struct pod_usage_numbers, cpu_ns) },
	{ "memoryBytes", offsetof(struct pod_usage_numbers, memory_bytes) },
	{ "pids", offsetof(struct pod_usage_numbers, pids) },
	{ "ioReadBytes", offsetof(struct pod_usage_numbers, io_read_bytes) },
	{ "ioWriteBytes", offsetof(struct pod_usage_numbers, io_write_bytes) },
};

void pod_usage_write_numbers(struct json_writer *writer, const struct pod_usage_numbers *numbers)
{
	for (size_t i = 0; i < ARRAY_LENGTH(members); i++) {
		uint64_t number =
		    *(const uint64_t *)(const void *)((const char *)numbers + members[i].offset);

		if (number != POD_USAGE_UNKNOWN)
			json_put_u64(writer, members[i].name, number);
	}
}

void pod_usage_write(struct json_writer *writer, const struct pod_usage *usage)
{
	json_put_string(writer, "isolator", usage->isolator);
	json_begin_array(writer, "apps");
	for (size_t i = 0; i < usage->n_apps; i++) {
		json_begin_object(writer, NULL);
		json_put_string(writer, "name", usage->apps[i].name);
		pod_usage_write_numbers(writer, &usage->apps[i].used);
		json_end_object(writer);
	}
	json_end_array(writer);
	if (!usage->has_machine)
		return;
	json_begin_object(writer, "machine");
	pod_usage_write_numbers(writer, &usage->machine);
	json_end_object(writer);
}

static int read_numbers(const struct json_value *object, const char *place,
			struct pod_usage_numbers *ret, struct error *err)
{
	for (size_t i = 0; i < ARRAY_LENGTH(members); i++) {
		const struct json_value *value = json_value_member(object, members[i].name);
		uint64_t *number = (uint64_t *)(void *)((char *)ret + members[i].offset);

		*number = POD_USAGE_UNKNOWN;
		if (value == NULL)
			continue;
		if (value->kind != JSON_VALUE_INTEGER || value->integer < 0)
			return error_set(err, EINVAL, "%s: %s is no number of anything", place,
					 members[i].name);
		*number = (uint64_t)value->integer;
	}
	return 0;
}

static int read_apps(struct arena *arena, const struct json_value *apps, const char *place,
		     struct pod_usage *ret, struct error *err)
{
	if (apps == NULL || apps->kind != JSON_VALUE_ARRAY || apps->array.n > MAX_APPS)
		return error_set(err, EINVAL, "%s: it has no apps, or too many", place);
	ret->apps = arena_array(arena, apps->array.n + 1, struct pod_usage_app);
	if (ret->apps == NULL)
		return error_set(err, ENOMEM, "%s: out of memory", place);
	for (size_t i = 0; i < apps->array.n; i++) {
		const struct json_value *app = &apps->array.items[i];
		const struct json_value *name = json_value_member(app, "name");
		int r;

		if (name == NULL || name->kind != JSON_VALUE_STRING ||
		    !name_is_ac_name(name->string))
			return error_set(err, EINVAL, "%s: app %zu has no name", place, i);
		ret->apps[i].name = name->string;
		r = read_numbers(app, place, &ret->apps[i].used, err);
		if (r < 0)
			return r;
	}
	ret->n_apps = apps->array.n;
	return 0;
}

int pod_usage_read(struct arena *arena, const struct text *json, const char *place,
		   struct pod_usage *ret, struct error *err)
{
	const struct json_source source = { .text =
						arena_bytes(arena, text_string(json), json->length),
					    .length = json->length,
					    .max_bytes = POD_USAGE_MAX_BYTES,
					    .place = place };
	const struct json_value *isolator, *machine;
	struct pod_usage usage = { 0 };
	struct json_value value;
	int r = source.text == NULL ? error_set(err, ENOMEM, "%s: out of memory", place)
				    : json_read(arena, &source, &value, err);

	if (r < 0)
		return r;
	isolator = json_value_member(&value, "isolator");
	if (isolator == NULL || isolator->kind != JSON_VALUE_STRING)
		return error_set(err, EINVAL, "%s: it names no isolator", place);
	usage.isolator = isolator->string;
	r = read_apps(arena, json_value_member(&value, "apps"), place, &usage, err);
	machine = json_value_member(&value, "machine");
	usage.has_machine = machine != NULL;
	if (r == 0 && machine != NULL)
		r = read_numbers(machine, place, &usage.machine, err);
	if (r == 0)
		*ret = usage;
	return r;
}
