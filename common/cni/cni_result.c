/* SPDX-License-Identifier: Apache-2.0 */
#include "common/cni/cni_result.h"

#include <errno.h>
#include <string.h>

#include "common/json/json_decoder.h"

#define MAX_ITEMS 1024 /* of any list in a result */

static int decode_version(struct json_decoder *decoder, const struct json_value *value,
			  void *member)
{
	if (value->kind != JSON_VALUE_STRING)
		return json_refuse_kind(decoder, value, "a string");
	if (cni_version_parse(value->string, member) == 0)
		return 0;
	result_ignored(json_refuse_string(decoder, value->string, "no version known here"));
	decoder->err->code = EPROTONOSUPPORT;
	return -EPROTONOSUPPORT;
}

static int decode_address(struct json_decoder *decoder, const struct json_value *value,
			  void *member)
{
	if (value->kind != JSON_VALUE_STRING)
		return json_refuse_kind(decoder, value, "an IP address");
	if (value->string[0] == '\0') /* as some plugins say "none" */
		return 0;
	if (ip_address_parse(value->string, member) < 0)
		return json_refuse_string(decoder, value->string, "no IP address");
	return 0;
}

static int decode_prefix(struct json_decoder *decoder, const struct json_value *value, void *member)
{
	if (value->kind != JSON_VALUE_STRING)
		return json_refuse_kind(decoder, value, "an IP address with a prefix length");
	if (ip_prefix_parse(value->string, member) < 0)
		return json_refuse_string(decoder, value->string,
					  "no IP address with a prefix length");
	return 0;
}

/* An index; the original library wrote -1 for "none". */
static int decode_index(struct json_decoder *decoder, const struct json_value *value, void *member)
{
	struct cni_ip *ip = member;

	if (value->kind != JSON_VALUE_INTEGER)
		return json_refuse_kind(decoder, value, "a whole number");
	if (value->integer < -1 || value->integer >= MAX_ITEMS)
		return json_refuse(decoder, "no index of an interface");
	ip->has_interface = value->integer >= 0;
	ip->interface = ip->has_interface ? (uint32_t)value->integer : 0;
	return 0;
}

static int decode_scope(struct json_decoder *decoder, const struct json_value *value, void *member)
{
	struct cni_route *route = member;

	if (value->kind != JSON_VALUE_INTEGER || value->integer < 0 || value->integer > UINT8_MAX)
		return json_refuse(decoder, "no scope of a route (0 … 255)");
	route->has_scope = true;
	route->scope = (uint32_t)value->integer;
	return 0;
}

/* Becomes a word of a line in resolv.conf. */
static int check_word(struct json_decoder *decoder, const char *string)
{
	for (const char *c = string; *c != '\0'; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f)
			return json_refuse_string(decoder, string,
						  "contains white space or control characters");
	return 0;
}

static int check_words(struct json_decoder *decoder, const char *string)
{
	return string[0] == '\0' ? json_refuse(decoder, "empty") : check_word(decoder, string);
}

/* A file name of the kernel's: what an interface may be called. */
static int check_interface_name(struct json_decoder *decoder, const char *string)
{
	if (string[0] == '\0' || strlen(string) > 15 || strpbrk(string, "/: ") != NULL)
		return json_refuse_string(decoder, string, "no name of an interface");
	return check_word(decoder, string);
}

#define FIELD(type, name_, member, kind_, ...)                                                     \
	{                                                                                          \
		.name = (name_), .kind = (kind_), .offset = offsetof(type, member), __VA_ARGS__    \
	}
#define LIST(type, name_, member, n_member, kind_, ...)                                            \
	{                                                                                          \
		.name = (name_), .kind = (kind_), .offset = offsetof(type, member),                \
		.n_offset = offsetof(type, n_member), .max = MAX_ITEMS, __VA_ARGS__                \
	}
#define CUSTOM(type, name_, member, decode_, ...)                                                  \
	FIELD(type, name_, member, JSON_FIELD_CUSTOM, .decode = (decode_), __VA_ARGS__)

static const struct json_field interface_fields[] = {
	FIELD(struct cni_interface, "name", name, JSON_FIELD_STRING, .flags = JSON_REQUIRED,
	      .check = check_interface_name),
	FIELD(struct cni_interface, "mac", mac, JSON_FIELD_STRING, .flags = JSON_NULLABLE,
	      .check = check_word),
	FIELD(struct cni_interface, "sandbox", sandbox, JSON_FIELD_STRING, .flags = JSON_NULLABLE),
	FIELD(struct cni_interface, "mtu", mtu, JSON_FIELD_U32, .flags = JSON_NULLABLE),
};
static const struct json_table interface_table =
    JSON_TABLE(struct cni_interface, interface_fields, .open = true);

static const struct json_field ip_fields[] = {
	CUSTOM(struct cni_ip, "address", address, decode_prefix, .flags = JSON_REQUIRED),
	CUSTOM(struct cni_ip, "gateway", gateway, decode_address, .flags = JSON_NULLABLE),
	{ .name = "interface",
	  .kind = JSON_FIELD_CUSTOM,
	  .flags = JSON_NULLABLE,
	  .decode = decode_index },
};
static const struct json_table ip_table = JSON_TABLE(struct cni_ip, ip_fields, .open = true);

static const struct json_field route_fields[] = {
	CUSTOM(struct cni_route, "dst", dst, decode_prefix, .flags = JSON_REQUIRED),
	CUSTOM(struct cni_route, "gw", gw, decode_address, .flags = JSON_NULLABLE),
	FIELD(struct cni_route, "mtu", mtu, JSON_FIELD_U32, .flags = JSON_NULLABLE),
	FIELD(struct cni_route, "advmss", advmss, JSON_FIELD_U32, .flags = JSON_NULLABLE),
	FIELD(struct cni_route, "priority", priority, JSON_FIELD_U32, .flags = JSON_NULLABLE),
	FIELD(struct cni_route, "table", table, JSON_FIELD_U32, .flags = JSON_NULLABLE),
	{ .name = "scope",
	  .kind = JSON_FIELD_CUSTOM,
	  .flags = JSON_NULLABLE,
	  .decode = decode_scope },
};
static const struct json_table route_table =
    JSON_TABLE(struct cni_route, route_fields, .open = true);

static const struct json_field dns_fields[] = {
	LIST(struct cni_dns, "nameservers", nameservers, n_nameservers, JSON_FIELD_STRINGS,
	     .check = check_words),
	FIELD(struct cni_dns, "domain", domain, JSON_FIELD_STRING, .flags = JSON_NULLABLE,
	      .check = check_word),
	LIST(struct cni_dns, "search", search, n_search, JSON_FIELD_STRINGS, .check = check_words),
	LIST(struct cni_dns, "options", options, n_options, JSON_FIELD_STRINGS,
	     .check = check_words),
};
static const struct json_table dns_table = JSON_TABLE(struct cni_dns, dns_fields, .open = true);

static int check_result(struct json_decoder *decoder, void *object)
{
	const struct cni_result *result = object;

	for (size_t i = 0; i < result->n_ips; i++)
		if (result->ips[i].has_interface &&
		    result->ips[i].interface >= result->n_interfaces)
			return json_refuse(decoder, "ips[%zu].interface: %u: there are %zu", i,
					   result->ips[i].interface, result->n_interfaces);
	return 0;
}

static const struct json_field result_fields[] = {
	CUSTOM(struct cni_result, "cniVersion", version, decode_version, .flags = JSON_NULLABLE),
	LIST(struct cni_result, "interfaces", interfaces, n_interfaces, JSON_FIELD_ARRAY,
	     .table = &interface_table),
	LIST(struct cni_result, "ips", ips, n_ips, JSON_FIELD_ARRAY, .table = &ip_table),
	LIST(struct cni_result, "routes", routes, n_routes, JSON_FIELD_ARRAY,
	     .table = &route_table),
	FIELD(struct cni_result, "dns", dns, JSON_FIELD_OBJECT, .table = &dns_table),
};
static const struct json_table result_table =
    JSON_TABLE(struct cni_result, result_fields, .open = true, .check = check_result);

/* The form before 0.3.0. */
struct old_ip {
	struct ip_prefix ip;
	struct ip_address gateway;
	struct cni_route *routes;
	size_t n_routes;
};

struct old_result {
	enum cni_version version;
	struct old_ip *family[2];
	struct cni_dns dns;
};

static const struct json_field old_ip_fields[] = {
	CUSTOM(struct old_ip, "ip", ip, decode_prefix, .flags = JSON_REQUIRED),
	CUSTOM(struct old_ip, "gateway", gateway, decode_address, .flags = JSON_NULLABLE),
	LIST(struct old_ip, "routes", routes, n_routes, JSON_FIELD_ARRAY, .table = &route_table),
};
static const struct json_table old_ip_table =
    JSON_TABLE(struct old_ip, old_ip_fields, .open = true);

static const struct json_field old_result_fields[] = {
	CUSTOM(struct old_result, "cniVersion", version, decode_version, .flags = JSON_NULLABLE),
	FIELD(struct old_result, "ip4", family[0], JSON_FIELD_POINTER, .table = &old_ip_table),
	FIELD(struct old_result, "ip6", family[1], JSON_FIELD_POINTER, .table = &old_ip_table),
	FIELD(struct old_result, "dns", dns, JSON_FIELD_OBJECT, .table = &dns_table),
};
static const struct json_table old_result_table =
    JSON_TABLE(struct old_result, old_result_fields, .open = true);

static int from_old_form(struct json_decoder *decoder, const struct old_result *old,
			 struct cni_result *ret)
{
	struct cni_result result = { .version = old->version, .dns = old->dns };

	for (size_t i = 0; i < 2; i++)
		if (old->family[i] != NULL)
			result.n_routes += old->family[i]->n_routes;
	result.ips = arena_array(decoder->arena, 2, struct cni_ip);
	result.routes = arena_array(decoder->arena, result.n_routes + 1, struct cni_route);
	if (result.ips == NULL || result.routes == NULL)
		return json_no_memory(decoder);
	result.n_routes = 0;
	for (size_t i = 0; i < 2; i++) {
		const struct old_ip *ip = old->family[i];

		if (ip == NULL)
			continue;
		result.ips[result.n_ips++] =
		    (struct cni_ip){ .address = ip->ip, .gateway = ip->gateway };
		for (size_t k = 0; k < ip->n_routes; k++)
			result.routes[result.n_routes++] = ip->routes[k];
	}
	*ret = result;
	return 0;
}

static bool is_old_form(const struct json_value *value)
{
	const struct json_value *text = json_value_member(value, "cniVersion");
	enum cni_version version = CNI_VERSION_NEWEST;

	if (text == NULL || text->kind == JSON_VALUE_NULL)
		return true;
	return text->kind == JSON_VALUE_STRING && cni_version_parse(text->string, &version) == 0 &&
	       version < CNI_0_3_0;
}

int cni_result_read(struct arena *arena, const struct json_value *value, const char *place,
		    struct cni_result *ret, struct error *err)
{
	struct json_decoder decoder = { .arena = arena, .place = place, .err = err };
	struct old_result old = { .version = CNI_0_1_0 };
	struct cni_result result = { 0 };
	int r;

	if (is_old_form(value)) {
		r = json_decode(&decoder, value, &old_result_table, &old);
		return r < 0 ? r : from_old_form(&decoder, &old, ret);
	}
	r = json_decode(&decoder, value, &result_table, &result);
	if (r == 0)
		*ret = result;
	return r;
}

int cni_dns_read(struct arena *arena, const struct json_value *value, const char *place,
		 struct cni_dns *ret, struct error *err)
{
	struct json_decoder decoder = { .arena = arena, .place = place, .err = err };
	struct cni_dns dns = { 0 };
	int r = json_decode(&decoder, value, &dns_table, &dns);

	if (r == 0)
		*ret = dns;
	return r;
}
