/* SPDX-License-Identifier: Apache-2.0 */
#include "cni/lease/lease_definition.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define MAX_SETS   16 /* addresses of one pod in one network */
#define MAX_RANGES 256

struct ipam {
	struct lease_range single; /* the old form: one subnet right in "ipam" */
	const char *directory;
	const char *resolv_conf;
	struct lease_range_set *sets;
	size_t n_sets;
};

#define RANGE_FIELDS(type, at)                                                                     \
	{ .name = "subnet",                                                                        \
	  .kind = JSON_FIELD_CUSTOM,                                                               \
	  .offset = offsetof(type, at subnet),                                                     \
	  .decode = plugin_decode_prefix },                                                        \
	    { .name = "rangeStart",                                                                \
	      .kind = JSON_FIELD_CUSTOM,                                                           \
	      .offset = offsetof(type, at first),                                                  \
	      .decode = plugin_decode_address },                                                   \
	    { .name = "rangeEnd",                                                                  \
	      .kind = JSON_FIELD_CUSTOM,                                                           \
	      .offset = offsetof(type, at last),                                                   \
	      .decode = plugin_decode_address },                                                   \
	{                                                                                          \
		.name = "gateway", .kind = JSON_FIELD_CUSTOM,                                      \
		.offset = offsetof(type, at gateway), .decode = plugin_decode_address              \
	}

static int complete(struct json_decoder *decoder, struct lease_range *range)
{
	struct error why = { 0 };

	if (range->subnet.address.family == AF_UNSPEC)
		return json_refuse(decoder, "subnet: missing");
	if (lease_range_complete(range, &why) < 0)
		return json_refuse(decoder, "%s", why.text);
	return 0;
}

static int check_range(struct json_decoder *decoder, void *object)
{
	return complete(decoder, object);
}

static const struct json_field range_fields[] = { RANGE_FIELDS(struct lease_range, ) };
static const struct json_table range_table = JSON_TABLE(
    struct lease_range, range_fields, .open = true, .any_case = true, .check = check_range);

static int decode_set(struct json_decoder *decoder, const struct json_value *value,
		      struct lease_range_set *ret)
{
	struct error why = { 0 };
	void *ranges = NULL;
	size_t n = 0;
	int r = json_decode_array(decoder, value, &range_table, &ranges, &n);

	if (r < 0)
		return r;
	if (n == 0 || n > MAX_RANGES)
		return json_refuse(decoder, "%zu ranges: 1 … %d are possible", n, MAX_RANGES);
	ret->ranges = ranges;
	ret->n = n;
	if (lease_range_set_check(ret, &why) < 0)
		return json_refuse(decoder, "%s", why.text);
	return 0;
}

/* Adds the sets of "ranges" or "ipRanges" to those that are there. */
static int decode_sets(struct json_decoder *decoder, const struct json_value *value, void *member)
{
	struct ipam *ipam = member;
	struct lease_range_set *sets;
	int r = 0;

	if (value->kind == JSON_VALUE_NULL)
		return 0;
	if (value->kind != JSON_VALUE_ARRAY)
		return json_refuse_kind(decoder, value, "an array");
	if (value->array.n + ipam->n_sets > MAX_SETS)
		return json_refuse(decoder, "more than %d sets of ranges", MAX_SETS);
	sets = arena_array(decoder->arena, MAX_SETS + 1, struct lease_range_set);
	if (sets == NULL)
		return json_no_memory(decoder);
	for (size_t i = 0; i < ipam->n_sets; i++)
		sets[i] = ipam->sets[i];
	for (size_t i = 0; i < value->array.n && r == 0; i++) {
		json_enter_item(decoder, i);
		r = decode_set(decoder, &value->array.items[i], &sets[ipam->n_sets + i]);
		json_leave(decoder);
	}
	if (r < 0)
		return r;
	ipam->sets = sets;
	ipam->n_sets += value->array.n;
	return 0;
}

static int check_path(struct json_decoder *decoder, const char *string)
{
	if (string[0] == '\0' || string[0] == '/')
		return 0;
	return json_refuse_string(decoder, string, "not an absolute path");
}

static const struct json_field ipam_fields[] = {
	RANGE_FIELDS(struct ipam, single.),
	{ .name = "dataDir",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_NULLABLE,
	  .offset = offsetof(struct ipam, directory),
	  .check = check_path },
	{ .name = "resolvConf",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_NULLABLE,
	  .offset = offsetof(struct ipam, resolv_conf),
	  .check = check_path },
};
static const struct json_table ipam_table =
    JSON_TABLE(struct ipam, ipam_fields, .open = true, .any_case = true);

static int want(struct plugin_call *call, struct lease_definition *definition, const char *text,
		bool may_have_length, struct error *err)
{
	struct ip_address *wanted;
	struct ip_prefix prefix;

	if (may_have_length && ip_prefix_parse(text, &prefix) == 0)
		; /* the length is the subnet's */
	else if (ip_address_parse(text, &prefix.address) < 0)
		return error_set(err, EINVAL, "\"%.64s\" is no IP address", text);
	wanted = arena_array(call->arena, definition->n_wanted + 1, struct ip_address);
	if (wanted == NULL)
		return error_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < definition->n_wanted; i++)
		wanted[i] = definition->wanted[i];
	wanted[definition->n_wanted++] = prefix.address;
	definition->wanted = wanted;
	return 0;
}

static int want_all(struct plugin_call *call, struct lease_definition *definition,
		    const struct json_value *list, const char *where, struct error *err)
{
	int r = 0;

	if (list == NULL || list->kind == JSON_VALUE_NULL)
		return 0;
	if (list->kind != JSON_VALUE_ARRAY || list->array.n > MAX_SETS)
		return error_set(err, EINVAL, PLUGIN_PLACE ": %s: not an array of at most %d",
				 where, MAX_SETS);
	for (size_t i = 0; i < list->array.n && r == 0; i++) {
		const struct json_value *item = &list->array.items[i];

		r = want(call, definition, item->kind == JSON_VALUE_STRING ? item->string : "",
			 true, err);
	}
	return r < 0 ? error_prefix(err, PLUGIN_PLACE ": %s", where) : 0;
}

static int read_wanted(struct plugin_call *call, struct lease_definition *definition,
		       struct error *err)
{
	const char *argument = plugin_argument(call, "IP");
	int r = 0;

	if (argument != NULL && argument[0] != '\0')
		r = want(call, definition, argument, false, err);
	if (r < 0)
		return error_prefix(err, "CNI_ARGS: IP");
	r = want_all(call, definition, plugin_args_member(call, "ips"), "args.cni.ips", err);
	if (r == 0)
		r = want_all(call, definition, plugin_runtime_member(call, "ips"),
			     "runtimeConfig.ips", err);
	return r;
}

/* The runtime's ranges are before the definition's, and the old form before "ranges". */
static int read_sets(struct plugin_call *call, const struct json_value *value, struct ipam *ipam,
		     struct error *err)
{
	const struct json_value *asked = plugin_runtime_member(call, "ipRanges");
	const struct json_value *ranges = json_value_member_any_case(value, "ranges");
	struct json_decoder decoder = plugin_decoder(call, err);
	int r = 0;

	if (asked != NULL) {
		json_enter_field(&decoder, "runtimeConfig.ipRanges");
		r = decode_sets(&decoder, asked, ipam);
		json_leave(&decoder);
	}
	json_enter_field(&decoder, "ipam");
	if (r == 0 && ipam->single.subnet.address.family != AF_UNSPEC) {
		struct lease_range_set *sets =
		    arena_array(call->arena, MAX_SETS + 1, struct lease_range_set);

		if (sets == NULL)
			return json_no_memory(&decoder);
		for (size_t i = 0; i < ipam->n_sets; i++)
			sets[i] = ipam->sets[i];
		r = complete(&decoder, &ipam->single);
		sets[ipam->n_sets++] = (struct lease_range_set){ .ranges = &ipam->single, .n = 1 };
		ipam->sets = sets;
	}
	if (r == 0 && ranges != NULL) {
		json_enter_field(&decoder, "ranges");
		r = decode_sets(&decoder, ranges, ipam);
		json_leave(&decoder);
	}
	if (r == 0 && ipam->n_sets == 0)
		r = json_refuse(&decoder, "no subnet and no ranges");
	return r;
}

static int check_sets(const struct plugin_call *call, const struct ipam *ipam, struct error *err)
{
	size_t n[2] = { 0, 0 };

	for (size_t i = 0; i < ipam->n_sets; i++) {
		n[ipam->sets[i].ranges[0].subnet.address.family == AF_INET6]++;
		for (size_t k = 0; k < i; k++)
			if (lease_range_sets_overlap(&ipam->sets[i], &ipam->sets[k]))
				return error_set(err, EINVAL,
						 PLUGIN_PLACE ": ipam: set of ranges %zu overlaps "
							      "set %zu",
						 i, k);
	}
	if (call->version < CNI_0_3_0 && (n[0] > 1 || n[1] > 1))
		return error_set(err, EINVAL,
				 PLUGIN_PLACE ": ipam: version %s has room for one address of "
					      "each family",
				 cni_version_text(call->version));
	return 0;
}

int lease_definition_read(struct plugin_call *call, struct lease_definition *ret, struct error *err)
{
	const struct json_value *value = json_value_member_any_case(&call->definition, "ipam");
	struct ipam *ipam = arena_new(call->arena, struct ipam);
	struct json_decoder decoder = plugin_decoder(call, err);
	struct lease_definition definition = { 0 };
	const struct json_value *routes;
	int r;

	call->code = CNI_ERROR_CONFIG;
	if (ipam == NULL)
		return json_no_memory(&decoder);
	if (value == NULL)
		return error_set(err, EINVAL, PLUGIN_PLACE ": ipam: missing");
	json_enter_field(&decoder, "ipam");
	r = json_decode(&decoder, value, &ipam_table, ipam);
	if (r == 0)
		r = read_sets(call, value, ipam, err);
	if (r == 0)
		r = check_sets(call, ipam, err);
	if (r == 0)
		r = read_wanted(call, &definition, err);
	routes = json_value_member_any_case(value, "routes");
	if (r == 0 && routes != NULL)
		r = plugin_read_routes(call, routes, &definition.routes, err);
	if (r < 0)
		return r;
	definition.directory = ipam->directory != NULL && ipam->directory[0] != '\0'
				   ? ipam->directory
				   : LEASE_DEFAULT_DIRECTORY;
	definition.resolv_conf = ipam->resolv_conf;
	definition.sets = ipam->sets;
	definition.n_sets = ipam->n_sets;
	*ret = definition;
	call->code = PLUGIN_ERROR_FAILED;
	return 0;
}
