/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ptp: a veth pair for each pod, routed by the host.
 *
 * Everything a pod sends goes to the gateway, whose address is on the host's end; nothing is
 * its neighbour.  The host has one route, to the pod's address by its link.
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "cni/interface/forwarding.h"
#include "cni/interface/last_pod.h"
#include "cni/interface/pod_link.h"
#include "cni/netlink/address.h"
#include "cni/plugin/ipam.h"
#include "cni/plugin/plugin.h"

struct ptp {
	bool masquerade;
	uint32_t mtu;
};

static const struct json_field fields[] = {
	{ .name = "ipMasq", .kind = JSON_FIELD_BOOL, .offset = offsetof(struct ptp, masquerade) },
	{ .name = "mtu",
	  .kind = JSON_FIELD_U32,
	  .offset = offsetof(struct ptp, mtu),
	  .max = 65535 },
};
static const struct json_table table =
    JSON_TABLE(struct ptp, fields, .open = true, .any_case = true);

static struct pod_link_attachment attachment_of(const struct plugin_call *call)
{
	return (struct pod_link_attachment){ .network = call->network,
					     .container = call->container,
					     .interface = call->interface };
}

static struct ip_prefix single(const struct ip_address *address)
{
	return (struct ip_prefix){ .address = *address, .length = ip_family_bits(address->family) };
}

static int check_addresses(const struct cni_result *result, struct error *err)
{
	char text[IP_PREFIX_TEXT_SIZE];

	if (result->n_ips == 0)
		return error_set(err, EADDRNOTAVAIL, "ipam: no address was given");
	for (size_t i = 0; i < result->n_ips; i++)
		if (result->ips[i].gateway.family != result->ips[i].address.address.family)
			return error_set(err, EADDRNOTAVAIL, "ipam: %s came without a gateway",
					 ip_prefix_text(&result->ips[i].address, text));
	return 0;
}

/* Its address without the route that would make neighbours of the whole subnet. */
static void put_pod_address(struct netlink_batch *batch, const struct pod_link *link,
			    const struct cni_ip *ip)
{
	struct route to_gateway = { .link = link->pod.index,
				    .to = single(&ip->gateway),
				    .source = ip->address.address,
				    .scope = RT_SCOPE_LINK };
	struct route to_subnet = { .link = link->pod.index,
				   .to = ip->address,
				   .via = ip->gateway,
				   .source = ip->address.address,
				   .scope = RT_SCOPE_UNIVERSE };

	address_add(batch, link->pod.index, &ip->address, false);
	route_add(batch, &to_gateway);
	if (ip->address.length < ip_family_bits(ip->address.address.family))
		route_add(batch, &to_subnet);
}

static int set_up_pod(struct pod_link *link, const struct cni_result *result, struct error *err)
{
	auto_batch struct netlink_batch batch = { 0 };

	link_set_up(&batch, link->pod.index);
	for (size_t i = 0; i < result->n_ips; i++)
		put_pod_address(&batch, link, &result->ips[i]);
	pod_link_put_routes(&batch, link, result);
	return netlink_do(&link->pod_socket, &batch, err);
}

static int set_up_host(struct pod_link *link, const struct cni_result *result, struct error *err)
{
	auto_batch struct netlink_batch batch = { 0 };

	link_set_up(&batch, link->host.index);
	for (size_t i = 0; i < result->n_ips; i++) {
		struct ip_prefix gateway = single(&result->ips[i].gateway);
		struct route route = { .link = link->host.index,
				       .to = single(&result->ips[i].address.address),
				       .scope = RT_SCOPE_HOST,
				       .replace = true }; /* of a link that is being removed */

		address_add(&batch, link->host.index, &gateway, true);
		route_add(&batch, &route);
	}
	return netlink_do(&link->host_socket, &batch, err);
}

static int let_through(struct pod_link *link, const struct cni_result *result, struct error *err)
{
	auto_netlink struct netlink_socket firewall = NETLINK_SOCKET_NONE;
	const struct forwarding forwarding = { .route = &link->host_socket,
					       .firewall = &firewall,
					       .interface = link->host.name };
	int r = netlink_open(NETLINK_NETFILTER, &firewall, err);

	if (r == 0)
		r = last_pod_hold_tables(link->host_netns, err);
	if (r == 0)
		r = firewall_ensure_inet(&firewall, err);
	if (r == 0 && pod_link_has_family(result, AF_INET))
		r = forwarding_enable(&forwarding, AF_INET, err);
	if (r == 0 && pod_link_has_family(result, AF_INET6))
		r = forwarding_enable(&forwarding, AF_INET6, err);
	return r;
}

static int set_up(struct pod_link *link, const struct cni_result *result, struct error *err)
{
	int r = pod_link_has_family(result, AF_INET6) ? pod_link_allow_ipv6(link, err) : 0;

	if (r == 0)
		r = set_up_pod(link, result, err);
	if (r == 0)
		r = let_through(link, result, err);
	return r == 0 ? set_up_host(link, result, err) : r;
}

static int describe(struct plugin_call *call, const struct pod_link *link,
		    struct cni_result *result, struct error *err)
{
	struct cni_interface *interfaces = arena_array(call->arena, 2, struct cni_interface);
	char *macs = arena_alloc(call->arena, 2, LINK_MAC_TEXT_SIZE);

	if (interfaces == NULL || macs == NULL)
		return error_set(err, ENOMEM, "out of memory");
	interfaces[0].name = arena_string(call->arena, link->host.name);
	interfaces[0].mac = link_mac_text(link->host.mac, macs);
	interfaces[0].mtu = link->host.mtu;
	interfaces[1].name = call->interface;
	interfaces[1].mac = link_mac_text(link->pod.mac, macs + LINK_MAC_TEXT_SIZE);
	interfaces[1].sandbox = call->netns;
	interfaces[1].mtu = link->host.mtu;
	if (interfaces[0].name == NULL)
		return error_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < result->n_ips; i++) {
		result->ips[i].has_interface = true;
		result->ips[i].interface = 1;
	}
	result->interfaces = interfaces;
	result->n_interfaces = 2;
	if (call->has_dns)
		result->dns = call->dns;
	return 0;
}

/* When a pod has gone. */
static int let_tables_go(struct pod_link *link, struct error *err)
{
	auto_netlink struct netlink_socket firewall = NETLINK_SOCKET_NONE;
	int r = netlink_open(NETLINK_NETFILTER, &firewall, err);

	return r < 0 ? r
		     : last_pod_remove_tables(link->host_netns, &link->host_socket, &firewall, err);
}

static int add_link(struct plugin_call *call, const struct ptp *ptp, struct cni_result *result,
		    struct error *err)
{
	auto_pod_link struct pod_link link = POD_LINK_NONE;
	const struct pod_link_attachment attachment = attachment_of(call);
	struct pod_link_wish wish = { .mtu = ptp->mtu,
				      .group = ptp->masquerade ? LINK_GROUP_MASQUERADE
							       : LINK_GROUP_POD };
	struct error ignored = { 0 };
	int r = pod_link_open(call->netns, &attachment, &link, err);

	if (r == -ENOENT)
		call->code = CNI_ERROR_UNKNOWN_CONTAINER;
	if (r == 0)
		r = pod_link_make(&link, &wish, err);
	if (r < 0)
		return r;
	r = set_up(&link, result, err);
	if (r == 0)
		r = describe(call, &link, result, err);
	if (r < 0) {
		result_ignored(pod_link_remove(&link, &ignored));
		result_ignored(let_tables_go(&link, &ignored));
	}
	return r;
}

static int read_definition(struct plugin_call *call, struct ptp *ret, struct error *err)
{
	struct json_decoder decoder = plugin_decoder(call, err);

	return json_decode(&decoder, &call->definition, &table, ret);
}

static int add(struct plugin_call *call, struct cni_result *ret, struct error *err)
{
	struct cni_result result = { 0 };
	struct ptp ptp = { 0 };
	int r = read_definition(call, &ptp, err);

	if (r == 0)
		r = ipam_add(call, &result, err);
	if (r < 0)
		return r;
	r = check_addresses(&result, err);
	if (r == 0)
		r = add_link(call, &ptp, &result, err);
	if (r < 0)
		ipam_undo(call, &result);
	else
		*ret = result;
	return r;
}

static int del(struct plugin_call *call, struct error *err)
{
	auto_pod_link struct pod_link link = POD_LINK_NONE;
	const struct pod_link_attachment attachment = attachment_of(call);
	int r = pod_link_open_to_remove(call->netns, &attachment, &link, err);

	if (r == 0)
		r = call->netns_ends ? pod_link_abandon(&link, err) : pod_link_remove(&link, err);
	if (r == 0 && !call->netns_ends)
		r = let_tables_go(&link, err);
	return r == 0 ? ipam_del(call, err) : r;
}

static int check_host(struct pod_link *link, const struct cni_result *result, struct error *err)
{
	char text[IP_PREFIX_TEXT_SIZE];
	int r = link_get(&link->host_socket, NULL, link->pod.peer, &link->host, err);

	for (size_t i = 0; r == 0 && i < result->n_ips; i++) {
		struct route_lookup way;

		r = route_to(&link->host_socket, &result->ips[i].address.address, &way, err);
		if (r == 0 && way.link != link->host.index)
			r = error_set(err, ENETUNREACH, "the host has no route to %s by %s",
				      ip_prefix_text(&result->ips[i].address, text),
				      link->host.name);
	}
	return r;
}

static int check_masquerade(const struct pod_link *link, const struct ptp *ptp, struct error *err)
{
	auto_netlink struct netlink_socket firewall = NETLINK_SOCKET_NONE;
	int r = netlink_open(NETLINK_NETFILTER, &firewall, err);

	if (r == 0)
		r = nft_find_table(&firewall, &firewall_inet, err);
	if (r == 0 && ptp->masquerade && link->host.group != LINK_GROUP_MASQUERADE)
		r = error_set(err, ENOENT, "%s is not in the group of links that are masqueraded",
			      link->host.name);
	return r;
}

static int check(struct plugin_call *call, struct error *err)
{
	auto_pod_link struct pod_link link = POD_LINK_NONE;
	const struct pod_link_attachment attachment = attachment_of(call);
	struct ptp ptp = { 0 };
	int r = read_definition(call, &ptp, err);

	if (r == 0)
		r = ipam_check(call, err);
	if (r < 0)
		return r;
	call->code = PLUGIN_ERROR_CHECK;
	r = pod_link_open(call->netns, &attachment, &link, err);
	if (r == 0)
		r = pod_link_check(&link, &call->previous, err);
	if (r == 0)
		r = check_host(&link, &call->previous, err);
	return r == 0 ? check_masquerade(&link, &ptp, err) : r;
}

const struct plugin plugin_ptp = {
	.name = "ptp", .add = add, .del = del, .check = check, .gc = ipam_gc, .status = ipam_status
};
