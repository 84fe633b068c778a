/* SPDX-License-Identifier: Apache-2.0 */
#include "cni/portmap_definition.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

#define MAX_MAPPINGS 16384 /* of one pod */

struct mapping {
	uint16_t host_port;
	uint16_t pod_port;
	const char *protocol;
	struct ip_address host;
};

struct settings {
	bool snat;
};

static bool means_nothing(const struct json_value *value)
{
	return value->kind == JSON_VALUE_NULL || (value->kind == JSON_VALUE_BOOL && !value->flag) ||
	       (value->kind == JSON_VALUE_ARRAY && value->array.n == 0) ||
	       (value->kind == JSON_VALUE_STRING && value->string[0] == '\0');
}

static int refuse(struct json_decoder *decoder, const struct json_value *value, void *member)
{
	(void)member;
	if (means_nothing(value))
		return 0;
	(void)json_refuse(decoder, "not supported by this plugin, which uses nftables");
	decoder->err->code = EOPNOTSUPP;
	return -EOPNOTSUPP;
}

static int check_backend(struct json_decoder *decoder, const char *string)
{
	if (string[0] == '\0' || strcmp(string, "nftables") == 0)
		return 0;
	return json_refuse_string(decoder, string, "only nftables is known here");
}

#define REFUSED(name_)                                                                             \
	{                                                                                          \
		.name = (name_), .kind = JSON_FIELD_CUSTOM, .decode = refuse                       \
	}

static const struct json_field settings_fields[] = {
	{ .name = "snat",
	  .kind = JSON_FIELD_BOOL,
	  .flags = JSON_NULLABLE,
	  .offset = offsetof(struct settings, snat) },
	REFUSED("markMasqBit"),
	REFUSED("externalSetMarkChain"),
	REFUSED("masqAll"),
	REFUSED("conditionsV4"),
	REFUSED("conditionsV6"),
};
static const struct json_table settings_table =
    JSON_TABLE(struct settings, settings_fields, .open = true, .any_case = true);

struct backend {
	const char *name;
};
static const struct json_field backend_fields[] = {
	{ .name = "backend",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_NULLABLE,
	  .offset = offsetof(struct backend, name),
	  .check = check_backend },
};
static const struct json_table backend_table =
    JSON_TABLE(struct backend, backend_fields, .open = true, .any_case = true);

static int check_protocol(struct json_decoder *decoder, const char *string)
{
	if (strcasecmp(string, "tcp") == 0 || strcasecmp(string, "udp") == 0)
		return 0;
	return json_refuse_string(decoder, string, "neither tcp nor udp");
}

static int check_mapping(struct json_decoder *decoder, void *object)
{
	const struct mapping *mapping = object;
	bool is_loopback = mapping->host.family == AF_INET && mapping->host.bytes[0] == 127;

	if (is_loopback &&
	    ntohl(*(const uint32_t *)(const void *)mapping->host.bytes) != INADDR_LOOPBACK)
		return json_refuse(decoder, "hostIP: of 127.0.0.0/8 only 127.0.0.1 can be led on");
	return 0;
}

static const struct json_field mapping_fields[] = {
	{ .name = "hostPort",
	  .kind = JSON_FIELD_U16,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct mapping, host_port),
	  .min = 1 },
	{ .name = "containerPort",
	  .kind = JSON_FIELD_U16,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct mapping, pod_port),
	  .min = 1 },
	{ .name = "protocol",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct mapping, protocol),
	  .check = check_protocol },
	{ .name = "hostIP",
	  .kind = JSON_FIELD_CUSTOM,
	  .flags = JSON_NULLABLE,
	  .offset = offsetof(struct mapping, host),
	  .decode = plugin_decode_address },
};
static const struct json_table mapping_table = JSON_TABLE(
    struct mapping, mapping_fields, .open = true, .any_case = true, .check = check_mapping);

/* The pod's first address of a family. */
static struct ip_address pod_address(const struct cni_result *result, int family)
{
	for (size_t i = 0; i < result->n_ips; i++) {
		const struct cni_ip *ip = &result->ips[i];
		const char *sandbox =
		    ip->has_interface ? result->interfaces[ip->interface].sandbox : "";

		if (ip->address.address.family == family &&
		    (!ip->has_interface || (sandbox != NULL && sandbox[0] != '\0')))
			return ip->address.address;
	}
	return (struct ip_address){ .family = AF_UNSPEC };
}

static bool is_any(const struct ip_address *address)
{
	static const unsigned char zeros[16];

	return memcmp(address->bytes, zeros, sizeof(zeros)) == 0;
}

static void add_port(struct portmap_definition *definition, const struct mapping *mapping,
		     const struct ip_address *pod)
{
	struct firewall_port *port = &definition->ports[definition->n_ports];

	if (pod->family == AF_UNSPEC ||
	    (mapping->host.family != AF_UNSPEC && mapping->host.family != pod->family))
		return;
	port->host_port = mapping->host_port;
	port->pod_port = mapping->pod_port;
	port->protocol = strcasecmp(mapping->protocol, "tcp") == 0 ? IPPROTO_TCP : IPPROTO_UDP;
	port->pod = *pod;
	if (!is_any(&mapping->host)) /* 0.0.0.0 and :: are all addresses of their family */
		port->host = mapping->host;
	definition->n_ports++;
}

static int read_mappings(struct plugin_call *call, struct portmap_definition *definition,
			 struct error *err)
{
	const struct json_value *value = plugin_runtime_member(call, "portMappings");
	struct ip_address four = pod_address(&call->previous, AF_INET);
	struct ip_address six = pod_address(&call->previous, AF_INET6);
	struct json_decoder decoder = plugin_decoder(call, err);
	struct mapping *mappings;
	void *items = NULL;
	size_t n = 0;
	int r;

	if (value == NULL || value->kind == JSON_VALUE_NULL)
		return 0;
	json_enter_field(&decoder, "runtimeConfig.portMappings");
	r = json_decode_array(&decoder, value, &mapping_table, &items, &n);
	if (r == 0 && n > MAX_MAPPINGS)
		r = json_refuse(&decoder, "%zu of them, %d are possible", n, MAX_MAPPINGS);
	json_leave(&decoder);
	if (r < 0)
		return r;
	mappings = items;
	definition->ports = arena_array(call->arena, 2 * n + 1, struct firewall_port);
	if (definition->ports == NULL)
		return error_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < n; i++) {
		add_port(definition, &mappings[i], &four);
		add_port(definition, &mappings[i], &six);
	}
	if (n > 0 && definition->n_ports == 0)
		return error_set(err, EADDRNOTAVAIL, "the pod has no address of the ports' family");
	return 0;
}

int portmap_definition_read(struct plugin_call *call, struct portmap_definition *ret,
			    struct error *err)
{
	struct json_decoder decoder = plugin_decoder(call, err);
	struct settings settings = { .snat = true };
	struct portmap_definition definition = { 0 };
	struct backend backend = { 0 };
	int r;

	call->code = CNI_ERROR_CONFIG;
	r = json_decode(&decoder, &call->definition, &settings_table, &settings);
	if (r == 0)
		r = json_decode(&decoder, &call->definition, &backend_table, &backend);
	if (r == -EOPNOTSUPP)
		call->code = CNI_ERROR_UNSUPPORTED_FIELD;
	if (r == 0)
		r = read_mappings(call, &definition, err);
	if (r < 0)
		return r;
	definition.no_snat = !settings.snat;
	*ret = definition;
	call->code = PLUGIN_ERROR_FAILED;
	return 0;
}

bool portmap_is_for_loopback(const struct firewall_port *port)
{
	static const unsigned char six[16] = { [15] = 1 };

	if (port->host.family == AF_UNSPEC)
		return true;
	return port->host.family == AF_INET ? port->host.bytes[0] == 127
					    : memcmp(port->host.bytes, six, sizeof(six)) == 0;
}
