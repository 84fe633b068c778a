/* SPDX-License-Identifier: Apache-2.0 */
#include "cni/plugin/plugin_call.h"

#include <ctype.h>
#include <errno.h>
#include <linux/if.h>
#include <stdlib.h>
#include <string.h>

#include "common/cni/host_end.h"
#include "common/json/json_reader.h"

#define NAME_MAX_BYTES                                                                             \
	200 /* networks and containers: each becomes part of a file's name or content */

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value != NULL ? value : "";
}

/* As the specification has it for networks and containers; nothing a path could be made of. */
static bool is_name(const char *text)
{
	size_t length = strlen(text);

	if (length == 0 || length > NAME_MAX_BYTES || !isalnum((unsigned char)text[0]))
		return false;
	return strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") ==
	       length;
}

static bool is_interface(const char *text)
{
	size_t length = strlen(text);

	if (length == 0 || length >= IFNAMSIZ || strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
		return false;
	for (const char *c = text; *c != '\0'; c++)
		if (!isgraph((unsigned char)*c) || *c == '/' || *c == ':' || *c == '%')
			return false;
	return true;
}

static bool is_command(const struct plugin_call *call, const char *command)
{
	return strcmp(call->command, command) == 0;
}

static int check_environment(struct plugin_call *call, struct error *err)
{
	bool is_network_wide = is_command(call, "GC") || is_command(call, "STATUS");

	call->code = CNI_ERROR_ENVIRONMENT;
	if (is_network_wide)
		return 0;
	if (!is_name(call->container))
		return error_set(err, EINVAL, "CNI_CONTAINERID: \"%s\" is no name of a container",
				 call->container);
	if (!is_interface(call->interface))
		return error_set(err, EINVAL, "CNI_IFNAME: \"%s\" is no name of an interface",
				 call->interface);
	if (call->netns[0] == '\0' && !is_command(call, "DEL"))
		return error_set(err, EINVAL, "CNI_NETNS: no path of a network namespace");
	return 0;
}

struct general {
	const char *network;
	const char *type;
};

static const struct json_field general_fields[] = {
	{ .name = "name", .kind = JSON_FIELD_STRING, .offset = offsetof(struct general, network) },
	{ .name = "type", .kind = JSON_FIELD_STRING, .offset = offsetof(struct general, type) },
};
static const struct json_table general_table =
    JSON_TABLE(struct general, general_fields, .open = true, .any_case = true);

struct json_decoder plugin_decoder(struct plugin_call *call, struct error *err)
{
	return (struct json_decoder){ .arena = call->arena, .place = PLUGIN_PLACE, .err = err };
}

static int read_version(struct plugin_call *call, struct error *err)
{
	const struct json_value *value =
	    json_value_member_any_case(&call->definition, "cniVersion");
	const char *text = value != NULL && value->kind == JSON_VALUE_STRING ? value->string : NULL;

	if (value != NULL && value->kind != JSON_VALUE_NULL && text == NULL)
		return error_set(err, EINVAL, PLUGIN_PLACE ": cniVersion: not a string");
	if (cni_version_parse(text, &call->version) == 0)
		return 0;
	call->code = CNI_ERROR_VERSION;
	return error_set(err, EPROTONOSUPPORT,
			 PLUGIN_PLACE ": cniVersion: \"%.32s\": versions up to %s are known here",
			 text, cni_version_text(CNI_VERSION_NEWEST));
}

static int read_general(struct plugin_call *call, struct error *err)
{
	struct json_decoder decoder = plugin_decoder(call, err);
	struct general general = { .network = "", .type = "" };
	int r = json_decode(&decoder, &call->definition, &general_table, &general);

	if (r < 0)
		return r;
	call->code = CNI_ERROR_CONFIG;
	if (!is_name(general.network))
		return error_set(err, EINVAL, PLUGIN_PLACE ": name: \"%s\" is no name of a network",
				 general.network);
	call->code = CNI_ERROR_DECODING;
	call->network = general.network;
	call->type = general.type;
	return 0;
}

static int read_dns(struct plugin_call *call, struct error *err)
{
	const struct json_value *dns = json_value_member_any_case(&call->definition, "dns");
	int r;

	if (dns == NULL || dns->kind == JSON_VALUE_NULL)
		return 0;
	r = cni_dns_read(call->arena, dns, PLUGIN_PLACE ": dns", &call->dns, err);
	if (r < 0)
		return r;
	call->has_dns = call->dns.n_nameservers > 0 || call->dns.n_search > 0 ||
			call->dns.n_options > 0 ||
			(call->dns.domain != NULL && call->dns.domain[0] != '\0');
	return 0;
}

static int read_previous(struct plugin_call *call, struct error *err)
{
	const struct json_value *previous =
	    json_value_member_any_case(&call->definition, "prevResult");
	int r;

	if (previous == NULL || previous->kind == JSON_VALUE_NULL)
		return 0;
	r = cni_result_read(call->arena, previous, PLUGIN_PLACE ": prevResult", &call->previous,
			    err);
	if (r < 0)
		return r;
	call->has_previous = true;
	return 0;
}

static const struct json_field attachment_fields[] = {
	{ .name = "containerID",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct plugin_attachment, container) },
	{ .name = "ifname",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct plugin_attachment, interface) },
};
static const struct json_table attachment_table =
    JSON_TABLE(struct plugin_attachment, attachment_fields, .open = true, .any_case = true);

static int read_valid(struct plugin_call *call, struct error *err)
{
	static const char name[] = "cni.dev/valid-attachments";
	const struct json_value *value = json_value_member_any_case(&call->definition, name);
	struct json_decoder decoder = plugin_decoder(call, err);
	void *items = NULL;
	int r;

	/* What is missing must not become "nobody is valid". */
	if (value == NULL)
		return error_set(err, EINVAL, PLUGIN_PLACE ": %s: missing", name);
	json_enter_field(&decoder, name);
	r = json_decode_array(&decoder, value, &attachment_table, &items, &call->n_valid);
	json_leave(&decoder);
	call->valid = items;
	return r;
}

static int check_version(struct plugin_call *call, struct error *err)
{
	enum cni_version needed = CNI_0_1_0;

	if (is_command(call, "CHECK"))
		needed = CNI_0_4_0;
	if (is_command(call, "GC") || is_command(call, "STATUS"))
		needed = CNI_1_1_0;
	if (call->version >= needed)
		return 0;
	call->code = CNI_ERROR_VERSION;
	return error_set(err, EPROTONOSUPPORT, PLUGIN_PLACE ": cniVersion: %s has no %s",
			 cni_version_text(call->version), call->command);
}

static int read_parts(struct plugin_call *call, struct error *err)
{
	int r = read_general(call, err);

	if (r == 0)
		r = read_dns(call, err);
	if (r == 0)
		r = read_previous(call, err);
	if (r == 0 && is_command(call, "CHECK") && !call->has_previous)
		r = error_set(err, EINVAL, PLUGIN_PLACE ": prevResult: missing, CHECK needs it");
	if (r == 0 && is_command(call, "GC"))
		r = read_valid(call, err);
	return r;
}

int plugin_call_read(struct plugin_call *call, const char *text, size_t length, struct error *err)
{
	struct json_source source = {
		.text = text, .length = length, .max_bytes = PLUGIN_MAX_BYTES, .place = PLUGIN_PLACE
	};
	int r;

	call->container = variable("CNI_CONTAINERID");
	call->netns = variable("CNI_NETNS");
	call->interface = variable("CNI_IFNAME");
	call->arguments = variable("CNI_ARGS");
	call->path = variable("CNI_PATH");
	call->netns_ends = variable(CNI_NETNS_ENDS)[0] != '\0';
	call->netns_ended = variable(CNI_NETNS_ENDED)[0] != '\0';
	call->text = text;
	call->length = length;
	call->code = CNI_ERROR_DECODING;
	r = json_read(call->arena, &source, &call->definition, err);
	if (r == 0 && call->definition.kind != JSON_VALUE_OBJECT)
		r = error_set(err, EINVAL, PLUGIN_PLACE ": not an object");
	if (r == 0)
		r = read_version(call, err);
	if (r == 0)
		r = check_version(call, err);
	if (r == 0)
		r = check_environment(call, err);
	if (r < 0)
		return r;
	call->code = CNI_ERROR_DECODING;
	r = read_parts(call, err);
	if (r == 0)
		call->code = PLUGIN_ERROR_FAILED;
	return r;
}

const char *plugin_argument(struct plugin_call *call, const char *key)
{
	const char *at = call->arguments;
	size_t length = strlen(key);

	while (*at != '\0') {
		size_t pair = strcspn(at, ";");

		if (pair > length && at[length] == '=' && strncmp(at, key, length) == 0)
			return arena_bytes(call->arena, at + length + 1, pair - length - 1);
		at += pair;
		at += *at == ';';
	}
	return NULL;
}

const struct json_value *plugin_args_member(const struct plugin_call *call, const char *name)
{
	const struct json_value *args = json_value_member_any_case(&call->definition, "args");
	const struct json_value *cni =
	    args != NULL ? json_value_member_any_case(args, "cni") : NULL;

	return cni != NULL ? json_value_member_any_case(cni, name) : NULL;
}

const struct json_value *plugin_runtime_member(const struct plugin_call *call, const char *name)
{
	const struct json_value *runtime =
	    json_value_member_any_case(&call->definition, "runtimeConfig");

	return runtime != NULL ? json_value_member_any_case(runtime, name) : NULL;
}

bool plugin_attachment_is_valid(const struct plugin_call *call, const char *container,
				const char *interface)
{
	for (size_t i = 0; i < call->n_valid; i++)
		if (strcmp(call->valid[i].container, container) == 0 &&
		    (interface[0] == '\0' || strcmp(call->valid[i].interface, interface) == 0))
			return true;
	return false;
}

int plugin_decode_address(struct json_decoder *decoder, const struct json_value *value,
			  void *member)
{
	if (value->kind != JSON_VALUE_STRING)
		return json_refuse_kind(decoder, value, "an IP address");
	if (value->string[0] == '\0') /* what Go writes for none */
		return 0;
	if (ip_address_parse(value->string, member) < 0)
		return json_refuse_string(decoder, value->string, "no IP address");
	return 0;
}

int plugin_decode_prefix(struct json_decoder *decoder, const struct json_value *value, void *member)
{
	if (value->kind != JSON_VALUE_STRING)
		return json_refuse_kind(decoder, value, "an IP address with a prefix length");
	if (ip_prefix_parse(value->string, member) < 0)
		return json_refuse_string(decoder, value->string,
					  "no IP address with a prefix length");
	return 0;
}

int plugin_read_routes(struct plugin_call *call, const struct json_value *value,
		       struct cni_result *ret, struct error *err)
{
	struct json_member members[] = {
		{ .name = "cniVersion",
		  .value = { .kind = JSON_VALUE_STRING,
			     .string = cni_version_text(CNI_VERSION_NEWEST) } },
		{ .name = "routes", .value = *value },
	};
	struct json_value object = { .kind = JSON_VALUE_OBJECT,
				     .object = { .items = members, .n = ARRAY_LENGTH(members) } };
	struct cni_result result = { 0 };
	int r = cni_result_read(call->arena, &object, PLUGIN_PLACE ": ipam", &result, err);

	if (r < 0)
		return r;
	ret->routes = result.routes;
	ret->n_routes = result.n_routes;
	return 0;
}
