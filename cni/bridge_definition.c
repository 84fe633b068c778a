/* SPDX-License-Identifier: Apache-2.0 */
#include "cni/bridge_definition.h"

#include <errno.h>
#include <string.h>

#define DEFAULT_BRIDGE "cni0"

static int check_name(struct json_decoder *decoder, const char *string)
{
	if (string[0] == '\0')
		return 0;
	if (strlen(string) >= IFNAMSIZ || strpbrk(string, "/:% \t\n") != NULL ||
	    strcmp(string, ".") == 0 || strcmp(string, "..") == 0 || strcmp(string, "all") == 0 ||
	    strcmp(string, "default") == 0)
		return json_refuse_string(decoder, string, "no name of an interface");
	return 0;
}

static bool means_nothing(const struct json_value *value)
{
	switch (value->kind) {
	case JSON_VALUE_NULL:
		return true;
	case JSON_VALUE_BOOL:
		return !value->flag;
	case JSON_VALUE_INTEGER:
		return value->integer == 0;
	case JSON_VALUE_ARRAY:
		return value->array.n == 0;
	default:
		return false;
	}
}

static int refuse(struct json_decoder *decoder, const struct json_value *value, void *member)
{
	(void)member;
	if (means_nothing(value))
		return 0;
	(void)json_refuse(decoder, "not supported by this plugin");
	decoder->err->code = EOPNOTSUPP;
	return -EOPNOTSUPP;
}

#define FIELD(name_, member, kind_, ...)                                                           \
	{                                                                                          \
		.name = (name_), .kind = (kind_), .flags = JSON_NULLABLE,                          \
		.offset = offsetof(struct bridge_definition, member), __VA_ARGS__                  \
	}
#define REFUSED(name_)                                                                             \
	{                                                                                          \
		.name = (name_), .kind = JSON_FIELD_CUSTOM, .decode = refuse                       \
	}

static const struct json_field fields[] = {
	FIELD("bridge", name, JSON_FIELD_STRING, .check = check_name),
	FIELD("isGateway", is_gateway, JSON_FIELD_BOOL),
	FIELD("isDefaultGateway", is_default_gateway, JSON_FIELD_BOOL),
	FIELD("forceAddress", force_address, JSON_FIELD_BOOL),
	FIELD("ipMasq", masquerade, JSON_FIELD_BOOL),
	FIELD("hairpinMode", hairpin, JSON_FIELD_BOOL),
	FIELD("promiscMode", promiscuous, JSON_FIELD_BOOL),
	FIELD("portIsolation", isolated, JSON_FIELD_BOOL),
	FIELD("mtu", mtu, JSON_FIELD_U32, .max = 65535),
	REFUSED("vlan"),
	REFUSED("vlanTrunk"),
	REFUSED("enabledad"),
	REFUSED("disableContainerInterface"),
};
static const struct json_table table =
    JSON_TABLE(struct bridge_definition, fields, .open = true, .any_case = true);

static int read_mac(struct plugin_call *call, struct bridge_definition *definition,
		    struct error *err)
{
	const struct json_value *given[] = { plugin_runtime_member(call, "mac"),
					     plugin_args_member(call, "mac") };
	const char *text = plugin_argument(call, "MAC");

	for (size_t i = 0; i < ARRAY_LENGTH(given); i++)
		if ((text == NULL || i == 0) && given[i] != NULL &&
		    given[i]->kind == JSON_VALUE_STRING && given[i]->string[0] != '\0')
			text = given[i]->string;
	if (text == NULL || text[0] == '\0')
		return 0;
	if (link_mac_parse(text, definition->mac) < 0)
		return error_set(err, EINVAL,
				 "mac: \"%.32s\" is no hardware address of one station", text);
	definition->has_mac = true;
	return 0;
}

int bridge_definition_read(struct plugin_call *call, struct bridge_definition *ret,
			   struct error *err)
{
	struct json_decoder decoder = plugin_decoder(call, err);
	const struct json_value *check =
	    json_value_member_any_case(&call->definition, "macspoofchk");
	struct bridge_definition definition = { .name = DEFAULT_BRIDGE };
	int r;

	call->code = CNI_ERROR_CONFIG;
	r = json_decode(&decoder, &call->definition, &table, &definition);
	if (r == -EOPNOTSUPP)
		call->code = CNI_ERROR_UNSUPPORTED_FIELD;
	if (r == 0 && definition.hairpin && definition.promiscuous)
		r = error_set(err, EINVAL,
			      PLUGIN_PLACE ": hairpinMode and promiscMode: not both, packets would "
					   "be doubled");
	if (r == 0)
		r = read_mac(call, &definition, err);
	if (r == 0 && check != NULL && check->kind == JSON_VALUE_BOOL && check->flag &&
	    json_value_member_any_case(&call->definition, "ipam") == NULL) {
		call->code = CNI_ERROR_UNSUPPORTED_FIELD;
		r = error_set(err, EOPNOTSUPP,
			      PLUGIN_PLACE ": macspoofchk: only in a network that has ipam");
	}
	if (r < 0)
		return r;
	if (definition.name[0] == '\0')
		definition.name = DEFAULT_BRIDGE;
	if (definition.is_default_gateway)
		definition.is_gateway = true;
	*ret = definition;
	call->code = PLUGIN_ERROR_FAILED;
	return 0;
}
