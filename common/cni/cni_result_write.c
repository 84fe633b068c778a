/* SPDX-License-Identifier: Apache-2.0 */
/* A result as JSON, in the form of any version. */
#include <sys/socket.h>

#include "common/cni/cni_result.h"

static bool is_given(const char *text)
{
	return text != NULL && text[0] != '\0';
}

static void put_address(struct json_writer *writer, const char *key,
			const struct ip_address *address)
{
	char buffer[IP_PREFIX_TEXT_SIZE];

	if (address->family != AF_UNSPEC)
		json_put_string(writer, key, ip_address_text(address, buffer));
}

static void put_prefix(struct json_writer *writer, const char *key, const struct ip_prefix *prefix)
{
	char buffer[IP_PREFIX_TEXT_SIZE];

	json_put_string(writer, key, ip_prefix_text(prefix, buffer));
}

static void put_number(struct json_writer *writer, const char *key, uint32_t number)
{
	if (number != 0)
		json_put_u64(writer, key, number);
}

static void put_interfaces(struct json_writer *writer, enum cni_version version,
			   const struct cni_result *result)
{
	json_begin_array(writer, "interfaces");
	for (size_t i = 0; i < result->n_interfaces; i++) {
		const struct cni_interface *interface = &result->interfaces[i];

		json_begin_object(writer, NULL);
		json_put_string(writer, "name", interface->name);
		if (is_given(interface->mac))
			json_put_string(writer, "mac", interface->mac);
		if (version >= CNI_1_1_0)
			put_number(writer, "mtu", interface->mtu);
		if (is_given(interface->sandbox))
			json_put_string(writer, "sandbox", interface->sandbox);
		json_end_object(writer);
	}
	json_end_array(writer);
}

static void put_ips(struct json_writer *writer, enum cni_version version,
		    const struct cni_result *result)
{
	json_begin_array(writer, "ips");
	for (size_t i = 0; i < result->n_ips; i++) {
		const struct cni_ip *ip = &result->ips[i];

		json_begin_object(writer, NULL);
		if (version < CNI_1_0_0)
			json_put_string(writer, "version",
					ip->address.address.family == AF_INET6 ? "6" : "4");
		if (ip->has_interface)
			json_put_u64(writer, "interface", ip->interface);
		put_prefix(writer, "address", &ip->address);
		put_address(writer, "gateway", &ip->gateway);
		json_end_object(writer);
	}
	json_end_array(writer);
}

static void put_route(struct json_writer *writer, enum cni_version version,
		      const struct cni_route *route)
{
	json_begin_object(writer, NULL);
	put_prefix(writer, "dst", &route->dst);
	put_address(writer, "gw", &route->gw);
	if (version >= CNI_1_1_0) {
		put_number(writer, "mtu", route->mtu);
		put_number(writer, "advmss", route->advmss);
		put_number(writer, "priority", route->priority);
		put_number(writer, "table", route->table);
		if (route->has_scope)
			json_put_u64(writer, "scope", route->scope);
	}
	json_end_object(writer);
}

/* All routes, or (AF_UNSPEC) those of one family. */
static void put_routes(struct json_writer *writer, enum cni_version version,
		       const struct cni_result *result, int family)
{
	size_t n = 0;

	for (size_t i = 0; i < result->n_routes; i++) {
		if (family != AF_UNSPEC && result->routes[i].dst.address.family != family)
			continue;
		if (n++ == 0)
			json_begin_array(writer, "routes");
		put_route(writer, version, &result->routes[i]);
	}
	if (n > 0)
		json_end_array(writer);
}

static void put_dns(struct json_writer *writer, const struct cni_dns *dns)
{
	json_begin_object(writer, "dns");
	if (dns->n_nameservers > 0)
		json_put_strings(writer, "nameservers", dns->nameservers, dns->n_nameservers);
	if (is_given(dns->domain))
		json_put_string(writer, "domain", dns->domain);
	if (dns->n_search > 0)
		json_put_strings(writer, "search", dns->search, dns->n_search);
	if (dns->n_options > 0)
		json_put_strings(writer, "options", dns->options, dns->n_options);
	json_end_object(writer);
}

static void put_old_family(struct json_writer *writer, enum cni_version version,
			   const struct cni_result *result, int family)
{
	for (size_t i = 0; i < result->n_ips; i++) {
		const struct cni_ip *ip = &result->ips[i];

		if (ip->address.address.family != family)
			continue;
		json_begin_object(writer, family == AF_INET ? "ip4" : "ip6");
		put_prefix(writer, "ip", &ip->address);
		put_address(writer, "gateway", &ip->gateway);
		put_routes(writer, version, result, family);
		json_end_object(writer);
		return;
	}
}

void cni_result_write(struct json_writer *writer, const char *key, enum cni_version version,
		      const struct cni_result *result)
{
	json_begin_object(writer, key);
	json_put_string(writer, "cniVersion", cni_version_text(version));
	if (version < CNI_0_3_0) {
		put_old_family(writer, version, result, AF_INET);
		put_old_family(writer, version, result, AF_INET6);
	} else {
		if (result->n_interfaces > 0)
			put_interfaces(writer, version, result);
		if (result->n_ips > 0)
			put_ips(writer, version, result);
		put_routes(writer, version, result, AF_UNSPEC);
	}
	put_dns(writer, &result->dns);
	json_end_object(writer);
}
