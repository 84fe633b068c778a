/* SPDX-License-Identifier: Apache-2.0 */
#include "common/cni/cni_network.h"

#include <errno.h>
#include <string.h>

#include "common/json/json_decoder.h"
#include "common/json/json_reader.h"

static const char name_characters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789_.-";

bool cni_is_name(const char *text)
{
	return text[0] != '\0' && strchr("_.-", text[0]) == NULL &&
	       text[strspn(text, name_characters)] == '\0';
}

bool cni_is_plugin_type(const char *text)
{
	return cni_is_name(text) && strlen(text) <= 64;
}

bool cni_network_maps_ports(const struct cni_network *network)
{
	for (size_t i = 0; i < network->n_plugins; i++)
		if (network->plugins[i].port_mappings)
			return true;
	return false;
}

static int check_name(struct json_decoder *decoder, const char *string)
{
	if (cni_is_name(string) && strlen(string) <= 128)
		return 0;
	return json_refuse_string(decoder, string,
				  "no name of a network (letters, digits, \"_.-\")");
}

static int check_type(struct json_decoder *decoder, const char *string)
{
	if (cni_is_plugin_type(string))
		return 0;
	return json_refuse_string(decoder, string,
				  "no name of a plugin: it is looked for in the directories of "
				  "plugins only, a path cannot be given");
}

/* "portMappings": true; others are not offered here, and their plugins do without. */
static int decode_capabilities(struct json_decoder *decoder, const struct json_value *value,
			       void *member)
{
	const struct json_value *wanted;

	if (value->kind != JSON_VALUE_OBJECT)
		return json_refuse_kind(decoder, value, "an object");
	wanted = json_value_member_any_case(value, CNI_PORT_MAPPINGS);
	*(bool *)member = wanted != NULL && wanted->kind == JSON_VALUE_BOOL && wanted->flag;
	return 0;
}

/* Delegated to another plugin, by the same rule. */
static int decode_ipam(struct json_decoder *decoder, const struct json_value *value, void *member)
{
	const struct json_value *type = json_value_member_any_case(value, "type");
	int r = 0;

	if (value->kind != JSON_VALUE_OBJECT)
		return json_refuse_kind(decoder, value, "an object");
	if (type == NULL)
		return 0;
	json_enter_field(decoder, "type");
	if (type->kind != JSON_VALUE_STRING)
		r = json_refuse_kind(decoder, type, "a string");
	else if (type->string[0] != '\0')
		r = check_type(decoder, type->string);
	json_leave(decoder);
	if (r == 0 && type->string[0] != '\0')
		*(const char **)member = type->string;
	return r;
}

/* Other plugins that only this one will read the names of, as flannel does. */
static int decode_delegate(struct json_decoder *decoder, const struct json_value *value,
			   void *member)
{
	(void)decoder;
	(void)value;
	*(bool *)member = true;
	return 0;
}

static const struct json_field plugin_fields[] = {
	{ .name = "type",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct cni_plugin, type),
	  .check = check_type },
	{ .name = "capabilities",
	  .kind = JSON_FIELD_CUSTOM,
	  .flags = JSON_NULLABLE,
	  .offset = offsetof(struct cni_plugin, port_mappings),
	  .decode = decode_capabilities },
	{ .name = "ipMasq",
	  .kind = JSON_FIELD_BOOL,
	  .flags = JSON_NULLABLE,
	  .offset = offsetof(struct cni_plugin, masquerades) },
	{ .name = "ipam",
	  .kind = JSON_FIELD_CUSTOM,
	  .flags = JSON_NULLABLE,
	  .offset = offsetof(struct cni_plugin, ipam),
	  .decode = decode_ipam },
	{ .name = "delegate",
	  .kind = JSON_FIELD_CUSTOM,
	  .flags = JSON_NULLABLE,
	  .offset = offsetof(struct cni_plugin, delegates),
	  .decode = decode_delegate },
};
static const struct json_table plugin_table =
    JSON_TABLE(struct cni_plugin, plugin_fields, .open = true, .any_case = true);

static int decode_plugin(struct json_decoder *decoder, const struct json_value *value,
			 struct cni_plugin *ret)
{
	struct cni_plugin plugin = { .conf = value };
	int r = json_decode(decoder, value, &plugin_table, &plugin);

	if (r == 0)
		*ret = plugin;
	return r;
}

static int decode_plugins(struct json_decoder *decoder, const struct json_value *value,
			  void *member)
{
	struct cni_network *network = member;
	int r = 0;

	if (value->kind != JSON_VALUE_ARRAY)
		return json_refuse_kind(decoder, value, "an array");
	if (value->array.n == 0)
		return json_refuse(decoder, "empty");
	if (value->array.n > CNI_MAX_PLUGINS)
		return json_refuse(decoder, "%zu plugins, more than the %d allowed", value->array.n,
				   CNI_MAX_PLUGINS);
	network->plugins = arena_array(decoder->arena, value->array.n, struct cni_plugin);
	if (network->plugins == NULL)
		return json_no_memory(decoder);
	network->n_plugins = value->array.n;
	for (size_t i = 0; r == 0 && i < value->array.n; i++) {
		json_enter_item(decoder, i);
		r = decode_plugin(decoder, &value->array.items[i], &network->plugins[i]);
		json_leave(decoder);
	}
	return r;
}

/* true, false, or one of these as a string, as the specification had it first. */
static int decode_flag(struct json_decoder *decoder, const struct json_value *value, void *member)
{
	bool *flag = member;

	if (value->kind == JSON_VALUE_BOOL)
		*flag = value->flag;
	else if (value->kind == JSON_VALUE_STRING &&
		 (strcmp(value->string, "true") == 0 || strcmp(value->string, "false") == 0))
		*flag = value->string[0] == 't';
	else
		return json_refuse_kind(decoder, value, "true or false");
	return 0;
}

struct versions {
	const char *one;
	const char *const *several;
	size_t n_several;
};

static const struct json_field version_fields[] = {
	{ .name = "cniVersion",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_NULLABLE,
	  .offset = offsetof(struct versions, one) },
	{ .name = "cniVersions",
	  .kind = JSON_FIELD_STRINGS,
	  .offset = offsetof(struct versions, several),
	  .n_offset = offsetof(struct versions, n_several),
	  .max = 64 },
};
static const struct json_table version_table =
    JSON_TABLE(struct versions, version_fields, .open = true, .any_case = true);

/* The newest of cniVersion and cniVersions (1.1.0) that is known here. */
static int choose_version(struct json_decoder *decoder, const struct json_value *value,
			  struct cni_network *network)
{
	struct versions asked = { 0 };
	enum cni_version best = CNI_0_1_0, version;
	int r = json_decode(decoder, value, &version_table, &asked);
	bool found;

	if (r < 0)
		return r;
	found =
	    (asked.one != NULL || asked.n_several == 0) && cni_version_parse(asked.one, &best) == 0;
	for (size_t i = 0; i < asked.n_several; i++) {
		if (cni_version_parse(asked.several[i], &version) < 0)
			continue;
		best = found && best > version ? best : version;
		found = true;
	}
	if (!found) {
		json_enter_field(decoder, "cniVersion");
		result_ignored(json_refuse_string(decoder,
						  asked.one != NULL ? asked.one : asked.several[0],
						  "no version known here"));
		json_leave(decoder);
		decoder->err->code = EPROTONOSUPPORT;
		return -EPROTONOSUPPORT;
	}
	network->version = best;
	network->is_as_written = !network->is_list && asked.n_several == 0;
	return 0;
}

static const struct json_field list_fields[] = {
	{ .name = "name",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct cni_network, name),
	  .check = check_name },
	{ .name = "disableCheck",
	  .kind = JSON_FIELD_CUSTOM,
	  .flags = JSON_NULLABLE,
	  .offset = offsetof(struct cni_network, disable_check),
	  .decode = decode_flag },
	{ .name = "disableGC",
	  .kind = JSON_FIELD_CUSTOM,
	  .flags = JSON_NULLABLE,
	  .offset = offsetof(struct cni_network, disable_gc),
	  .decode = decode_flag },
	{ .name = "plugins",
	  .kind = JSON_FIELD_CUSTOM,
	  .flags = JSON_REQUIRED,
	  .decode = decode_plugins },
};
static const struct json_table list_table =
    JSON_TABLE(struct cni_network, list_fields, .open = true, .any_case = true);

static const struct json_field single_fields[] = {
	{ .name = "name",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct cni_network, name),
	  .check = check_name },
};
static const struct json_table single_table =
    JSON_TABLE(struct cni_network, single_fields, .open = true, .any_case = true);

static int decode_single(struct json_decoder *decoder, const struct json_value *value,
			 struct cni_network *network)
{
	int r = json_decode(decoder, value, &single_table, network);

	if (r < 0)
		return r;
	network->plugins = arena_array(decoder->arena, 1, struct cni_plugin);
	if (network->plugins == NULL)
		return json_no_memory(decoder);
	network->n_plugins = 1;
	return decode_plugin(decoder, value, &network->plugins[0]);
}

int cni_network_parse(struct arena *arena, const struct cni_source *source, struct cni_network *ret,
		      struct error *err)
{
	const struct json_source json = { .text = source->text,
					  .length = source->length,
					  .max_bytes = CNI_NETWORK_MAX_BYTES,
					  .place = source->place };
	struct json_decoder decoder = { .arena = arena, .place = source->place, .err = err };
	struct cni_network network = { .is_list = source->is_list,
				       .text = source->text,
				       .length = source->length };
	struct json_value *value = arena_new(arena, struct json_value); /* plugins keep it */
	int r = value == NULL ? json_no_memory(&decoder) : json_read(arena, &json, value, err);

	if (r == 0)
		r = source->is_list ? json_decode(&decoder, value, &list_table, &network)
				    : decode_single(&decoder, value, &network);
	if (r == 0)
		r = choose_version(&decoder, value, &network);
	if (r == 0)
		*ret = network;
	return r;
}
