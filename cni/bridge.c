/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bridge: pods as ports of a bridge of the host, which may be their gateway.
 *
 * A port may send with the addresses that its pod was given, and no others
 * (firewall_bridge.c).  Without ipam there are no such addresses, and nothing is checked.
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "cni/bridge_definition.h"
#include "cni/firewall/firewall_element.h"
#include "cni/interface/forwarding.h"
#include "cni/interface/host_bridge.h"
#include "cni/interface/interface_setting.h"
#include "cni/interface/last_pod.h"
#include "cni/interface/pod_link.h"
#include "cni/netlink/address.h"
#include "cni/plugin/ipam.h"
#include "cni/plugin/plugin.h"
#include "cni/plugin/stale_tag.h"

enum { BRIDGE, HOST_END, POD_END, N_INTERFACES }; /* order of the result */

struct work {
	struct plugin_call *call;
	struct bridge_definition definition;
	struct pod_link link;
	struct netlink_socket firewall;
	struct link bridge;
	struct pod_link_attachment attachment;
	struct firewall_tag tag;
	bool has_addresses;
	bool asks_by_port; /* for them: whoever gives them may be found in the network only */
};

static struct ip_address first_of(const struct ip_prefix *prefix)
{
	struct ip_address first = ip_prefix_network(prefix).address;

	first.bytes[ip_family_bytes(first.family) - 1] |= 1;
	return first;
}

static bool has_default_route(const struct cni_result *result, int family)
{
	for (size_t i = 0; i < result->n_routes; i++)
		if (result->routes[i].dst.address.family == family &&
		    result->routes[i].dst.length == 0)
			return true;
	return false;
}

/* Where nobody names a gateway, it is the first address of the subnet. */
static int complete_gateways(struct work *work, struct cni_result *result, struct error *err)
{
	struct cni_route *routes =
	    arena_array(work->call->arena, result->n_routes + result->n_ips, struct cni_route);

	if (!work->definition.is_gateway)
		return 0;
	if (routes == NULL)
		return error_set(err, ENOMEM, "out of memory");
	if (result->n_routes > 0)
		memcpy(routes, result->routes, result->n_routes * sizeof(*routes));
	result->routes = routes;
	for (size_t i = 0; i < result->n_ips; i++) {
		struct cni_ip *ip = &result->ips[i];
		int family = ip->address.address.family;

		if (ip->gateway.family == AF_UNSPEC)
			ip->gateway = first_of(&ip->address);
		if (!work->definition.is_default_gateway || has_default_route(result, family))
			continue;
		routes[result->n_routes++] =
		    (struct cni_route){ .dst = { .address = { .family = family } },
					.gw = ip->gateway };
	}
	return 0;
}

static int set_up_pod(struct work *work, const struct cni_result *result, struct error *err)
{
	auto_batch struct netlink_batch batch = { 0 };
	int r = 0;

	if (pod_link_has_family(result, AF_INET6))
		r = pod_link_allow_ipv6(&work->link, err);
	if (r < 0)
		return r;
	link_set_up(&batch, work->link.pod.index);
	for (size_t i = 0; i < result->n_ips; i++)
		address_add(&batch, work->link.pod.index, &result->ips[i].address, true);
	pod_link_put_routes(&batch, &work->link, result);
	return netlink_do(&work->link.pod_socket, &batch, err);
}

/* Before the port is up, so that nothing forged gets through. */
static int set_up_firewall(struct work *work, const struct cni_result *result, struct error *err)
{
	auto_batch struct netlink_batch batch = { 0 };
	int r;

	if (!work->has_addresses)
		return 0;
	r = last_pod_hold_tables(work->link.host_netns, err);
	if (r == 0)
		r = firewall_ensure_bridge(&work->firewall, err);
	if (r == 0)
		r = firewall_ensure_inet(&work->firewall, err);
	if (r < 0)
		return r;
	nft_begin(&batch);
	firewall_put_mac(&batch, work->link.host.name, work->link.pod.mac, &work->tag);
	for (size_t i = 0; i < result->n_ips; i++) {
		const struct ip_address *address = &result->ips[i].address.address;

		firewall_put_address(&batch, work->link.host.name, address, &work->tag);
		if (work->definition.masquerade)
			firewall_put_masquerade(&batch, work->bridge.name, address, &work->tag);
	}
	return nft_commit(&work->firewall, &batch, err);
}

static int set_up_port(struct work *work, struct error *err)
{
	auto_batch struct netlink_batch batch = { 0 };
	struct link_port port = { .hairpin = work->definition.hairpin,
				  .isolated = work->definition.isolated };

	if (port.hairpin || port.isolated)
		link_set_port(&batch, work->link.host.index, &port);
	link_set_up(&batch, work->link.host.index);
	return netlink_do(&work->link.host_socket, &batch, err);
}

static int set_up_gateway(struct work *work, const struct cni_result *result, struct error *err)
{
	const struct forwarding forwarding = { .route = &work->link.host_socket,
					       .firewall = &work->firewall,
					       .interface = work->bridge.name };
	static const int families[] = { AF_INET, AF_INET6 };
	int r = 0;

	if (!work->definition.is_gateway)
		return 0;
	for (size_t i = 0; r == 0 && i < result->n_ips; i++) {
		struct ip_prefix address = { .address = result->ips[i].gateway,
					     .length = result->ips[i].address.length };

		r = host_bridge_set_address(&work->link.host_socket, &work->bridge, &address,
					    work->definition.force_address, err);
	}
	for (size_t i = 0; r == 0 && i < ARRAY_LENGTH(families); i++)
		if (pod_link_has_family(result, families[i]))
			r = forwarding_enable(&forwarding, families[i], err);
	return r;
}

static int describe(struct work *work, struct cni_result *result, struct error *err)
{
	struct plugin_call *call = work->call;
	const struct link *links[N_INTERFACES] = { &work->bridge, &work->link.host,
						   &work->link.pod };
	struct cni_interface *interfaces =
	    arena_array(call->arena, N_INTERFACES, struct cni_interface);
	char *macs = arena_alloc(call->arena, N_INTERFACES, LINK_MAC_TEXT_SIZE);

	if (interfaces == NULL || macs == NULL)
		return error_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < N_INTERFACES; i++) {
		interfaces[i].name = arena_string(call->arena, links[i]->name);
		interfaces[i].mac = link_mac_text(links[i]->mac, macs + i * LINK_MAC_TEXT_SIZE);
		interfaces[i].mtu = links[i]->mtu;
		if (interfaces[i].name == NULL)
			return error_set(err, ENOMEM, "out of memory");
	}
	interfaces[POD_END].sandbox = call->netns;
	interfaces[POD_END].mtu = work->link.host.mtu;
	for (size_t i = 0; i < result->n_ips; i++) {
		result->ips[i].has_interface = true;
		result->ips[i].interface = POD_END;
	}
	result->interfaces = interfaces;
	result->n_interfaces = N_INTERFACES;
	if (call->has_dns)
		result->dns = call->dns;
	return 0;
}

static int set_up(struct work *work, struct cni_result *result, struct error *err)
{
	int r = complete_gateways(work, result, err);

	if (r == 0)
		r = set_up_pod(work, result, err);
	if (r == 0)
		r = set_up_firewall(work, result, err);
	if (r == 0)
		r = set_up_port(work, err);
	if (r == 0)
		r = set_up_gateway(work, result, err);
	return r == 0 ? describe(work, result, err) : r;
}

static int take_addresses(struct work *work, struct cni_result *result, struct error *err)
{
	int r = ipam_add(work->call, result, err);

	return r == 0 && result->n_ips == 0
		   ? error_set(err, EADDRNOTAVAIL, "ipam: no address was given")
		   : r;
}

/* Through a port that is open already, but only for who has no address yet. */
static int ask_by_port(struct work *work, struct cni_result *result, struct error *err)
{
	auto_batch struct netlink_batch batch = { 0 };
	const struct cni_result no_addresses = { 0 };
	int r = set_up_firewall(work, &no_addresses, err);

	link_set_up(&batch, work->link.pod.index);
	if (r == 0)
		r = netlink_do(&work->link.pod_socket, &batch, err);
	if (r == 0)
		r = set_up_port(work, err);
	return r == 0 ? take_addresses(work, result, err) : r;
}

static int fill_port(struct work *work, struct cni_result *result, struct error *err)
{
	int r = work->asks_by_port ? ask_by_port(work, result, err) : 0;

	if (r == 0)
		r = set_up(work, result, err);
	if (r < 0 && work->asks_by_port)
		ipam_undo(work->call, result);
	return r;
}

static int remove_elements(struct netlink_socket *firewall, const struct firewall_tag *tag,
			   struct error *err)
{
	int r = firewall_remove_tagged(firewall, FIREWALL_BRIDGE, firewall_choose_tag, tag, err);

	return r == 0 ? firewall_remove_tagged(firewall, FIREWALL_MASQUERADE, firewall_choose_tag,
					       tag, err)
		      : r;
}

static int let_tables_go(struct work *work, struct error *err)
{
	return last_pod_remove_tables(work->link.host_netns, &work->link.host_socket,
				      &work->firewall, err);
}

static int add_port(struct work *work, struct cni_result *result, struct error *err)
{
	struct pod_link_wish wish = { .mtu = work->definition.mtu,
				      .master = work->bridge.index,
				      .group = work->has_addresses ? LINK_GROUP_POD : 0,
				      .mac =
					  work->definition.has_mac ? work->definition.mac : NULL };
	struct error ignored = { 0 };
	int r = pod_link_make(&work->link, &wish, err);

	if (r < 0)
		return r;
	r = fill_port(work, result, err);
	if (r < 0) {
		result_ignored(pod_link_remove(&work->link, &ignored));
		result_ignored(remove_elements(&work->firewall, &work->tag, &ignored));
		result_ignored(let_tables_go(work, &ignored));
	}
	return r;
}

static int open_work(struct plugin_call *call, struct work *work, struct error *err)
{
	int r = bridge_definition_read(call, &work->definition, err);

	work->call = call;
	work->attachment = (struct pod_link_attachment){ .network = call->network,
							 .container = call->container,
							 .interface = call->interface };
	work->tag = firewall_tag_of(call->network, call->container, call->interface);
	if (r == 0)
		r = netlink_open(NETLINK_NETFILTER, &work->firewall, err);
	return r;
}

static void close_work(struct work *work)
{
	netlink_close(&work->firewall);
	pod_link_close(&work->link);
}

#define auto_work CLEANUP(close_work)
#define WORK_NONE                                                                                  \
	{                                                                                          \
		.link = POD_LINK_NONE, .firewall = NETLINK_SOCKET_NONE                             \
	}

static int add(struct plugin_call *call, struct cni_result *ret, struct error *err)
{
	auto_work struct work work = WORK_NONE;
	struct cni_result result = { 0 };
	struct host_bridge_wish wish;
	int r = open_work(call, &work, err);

	if (r < 0)
		return r;
	r = pod_link_open(call->netns, &work.attachment, &work.link, err);
	if (r == -ENOENT)
		call->code = CNI_ERROR_UNKNOWN_CONTAINER;
	work.has_addresses = ipam_is_wanted(call);
	work.asks_by_port = work.has_addresses && !ipam_is_own(call);
	if (r == 0 && work.has_addresses && !work.asks_by_port)
		r = take_addresses(&work, &result, err);
	if (r < 0)
		return r;
	wish = (struct host_bridge_wish){ .name = work.definition.name,
					  .mtu = work.definition.mtu,
					  .promiscuous = work.definition.promiscuous };
	r = host_bridge_ensure(&work.link.host_socket, &wish, &work.bridge, err);
	if (r == 0)
		r = add_port(&work, &result, err);
	if (r < 0 && !work.asks_by_port)
		ipam_undo(call, &result);
	else if (r == 0)
		*ret = result;
	return r;
}

static int remove_port(struct work *work, struct error *err)
{
	struct plugin_call *call = work->call;
	int r = pod_link_open_to_remove(call->netns, &work->attachment, &work->link, err);

	if (r == 0)
		r = call->netns_ends ? pod_link_abandon(&work->link, err)
				     : pod_link_remove(&work->link, err);
	if (r == 0)
		r = remove_elements(&work->firewall, &work->tag, err);
	return r == 0 && !call->netns_ends ? let_tables_go(work, err) : r;
}

/* Ours gives an address to others only when nobody has it any more; others give it back by the
 * port. */
static int del(struct plugin_call *call, struct error *err)
{
	auto_work struct work work = WORK_NONE;
	struct error of_ipam = { 0 };
	bool asks_by_port = ipam_is_wanted(call) && !ipam_is_own(call);
	int given_back = asks_by_port ? ipam_del(call, &of_ipam) : 0;
	int r = open_work(call, &work, err);

	if (r == 0)
		r = remove_port(&work, err);
	if (r == 0 && given_back < 0) /* whoever has been away may be back at the next try */
		return error_set(err, of_ipam.code, "%s", of_ipam.text);
	return r == 0 && ipam_is_wanted(call) && !asks_by_port ? ipam_del(call, err) : r;
}

static int check_port(struct work *work, struct error *err)
{
	struct netlink_socket *socket = &work->link.host_socket;
	int r = link_get(socket, work->definition.name, 0, &work->bridge, err);

	if (r == 0)
		r = link_get(socket, NULL, work->link.pod.peer, &work->link.host, err);
	if (r < 0)
		return r;
	if (!work->bridge.is_up || !work->link.host.is_up)
		return error_set(err, ENETDOWN, "%s or its port %s is down", work->bridge.name,
				 work->link.host.name);
	if (work->link.host.master != work->bridge.index)
		return error_set(err, ENODEV, "%s is no port of %s", work->link.host.name,
				 work->bridge.name);
	return 0;
}

static int check_elements(struct work *work, const struct cni_result *result, struct error *err)
{
	size_t n = 0, wanted = 1;
	int r = firewall_count(&work->firewall, FIREWALL_BRIDGE, &work->tag, &n, err);

	for (size_t i = 0; i < result->n_ips; i++)
		wanted += result->ips[i].has_interface &&
			  strcmp(result->interfaces[result->ips[i].interface].name,
				 work->call->interface) == 0;
	if (r == 0 && n < wanted)
		return error_set(err, ENOENT, "%zu of the %zu rules for %s are there", n, wanted,
				 work->link.host.name);
	return r;
}

static int check(struct plugin_call *call, struct error *err)
{
	auto_work struct work work = WORK_NONE;
	int r = open_work(call, &work, err);

	if (r == 0 && ipam_is_wanted(call))
		r = ipam_check(call, err);
	if (r < 0)
		return r;
	call->code = PLUGIN_ERROR_CHECK;
	r = pod_link_open(call->netns, &work.attachment, &work.link, err);
	if (r == 0)
		r = pod_link_check(&work.link, &call->previous, err);
	if (r == 0)
		r = check_port(&work, err);
	return r == 0 && ipam_is_wanted(call) ? check_elements(&work, &call->previous, err) : r;
}

static int gc(struct plugin_call *call, struct error *err)
{
	auto_netlink struct netlink_socket firewall = NETLINK_SOCKET_NONE;
	int r = netlink_open(NETLINK_NETFILTER, &firewall, err);

	if (r == 0)
		r = firewall_remove_tagged(&firewall, FIREWALL_BRIDGE, plugin_tag_is_stale, call,
					   err);
	if (r == 0)
		r = firewall_remove_tagged(&firewall, FIREWALL_MASQUERADE, plugin_tag_is_stale,
					   call, err);
	return r == 0 && ipam_is_wanted(call) ? ipam_gc(call, err) : r;
}

static int status(struct plugin_call *call, struct error *err)
{
	struct bridge_definition definition;
	int r = bridge_definition_read(call, &definition, err);

	return r == 0 && ipam_is_wanted(call) ? ipam_status(call, err) : r;
}

const struct plugin plugin_bridge = {
	.name = "bridge", .add = add, .del = del, .check = check, .gc = gc, .status = status
};
