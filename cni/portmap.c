/* SPDX-License-Identifier: Apache-2.0 */
/*
 * portmap: ports of the host that lead to a pod; chained behind a plugin that gave it addresses.
 *
 * The pod sees the client's own address, but for two kinds of clients that would never get an
 * answer otherwise: the host by its loopback address, and pods that come from the same
 * interface that the answer goes out by.  Both see the address that the host has there.
 */
#include <errno.h>
#include <string.h>

#include "cni/firewall/conntrack.h"
#include "cni/interface/last_pod.h"
#include "cni/interface/netns.h"
#include "cni/netlink/address.h"
#include "cni/plugin/plugin.h"
#include "cni/plugin/stale_tag.h"
#include "cni/portmap_definition.h"

/* How the host reaches the pod, for one family. */
struct way {
	bool is_known;
	char interface[IFNAMSIZ];
	struct ip_address source;
};

struct work {
	struct portmap_definition definition;
	struct firewall_tag tag;
	struct netlink_socket firewall;
	struct netlink_socket route;
	int netns;          /* the host's */
	struct way ways[2]; /* IPv4, IPv6 */
	size_t n_elements;
};

static void close_work(struct work *work)
{
	netlink_close(&work->firewall);
	netlink_close(&work->route);
	cleanup_close(&work->netns);
}

#define auto_work CLEANUP(close_work)
#define WORK_NONE                                                                                  \
	{                                                                                          \
		.firewall = NETLINK_SOCKET_NONE, .route = NETLINK_SOCKET_NONE, .netns = FD_NONE    \
	}

static int open_work(struct plugin_call *call, struct work *work, struct error *err)
{
	int r = netlink_open(NETLINK_NETFILTER, &work->firewall, err);

	if (r == 0)
		r = netlink_open(NETLINK_ROUTE, &work->route, err);
	if (r == 0)
		r = netns_open_own(&work->netns, err);
	work->tag = firewall_tag_of(call->network, call->container, call->interface);
	return r;
}

static int find_way(struct work *work, const struct ip_address *pod, struct way **ret,
		    struct error *err)
{
	struct way *way = &work->ways[pod->family == AF_INET6];
	struct route_lookup lookup;
	struct link link;
	int r;

	*ret = way;
	if (way->is_known)
		return 0;
	r = route_to(&work->route, pod, &lookup, err);
	if (r == 0)
		r = link_get(&work->route, NULL, lookup.link, &link, err);
	if (r < 0)
		return r;
	memcpy(way->interface, link.name, sizeof(way->interface));
	way->source = lookup.source;
	way->is_known = true;
	return 0;
}

static int put_port(struct work *work, struct netlink_batch *batch,
		    const struct firewall_port *port, struct error *err)
{
	struct way *way;
	int r;

	firewall_put_port(batch, port, &work->tag);
	work->n_elements++;
	if (work->definition.no_snat || !portmap_is_for_loopback(port))
		return 0;
	r = find_way(work, &port->pod, &way, err);
	if (r < 0)
		return r;
	if (way->source.family == AF_UNSPEC)
		return 0; /* the host has no address that the pod could answer to */
	firewall_put_loopback(batch, port, &way->source, &work->tag);
	work->n_elements++;
	return 0;
}

static int put_hairpins(struct work *work, struct netlink_batch *batch, struct error *err)
{
	bool done[2] = { false, false };
	int r = 0;

	for (size_t i = 0; r == 0 && i < work->definition.n_ports; i++) {
		const struct ip_address *pod = &work->definition.ports[i].pod;
		bool *is_done = &done[pod->family == AF_INET6];
		struct way *way;

		if (work->definition.no_snat || *is_done)
			continue;
		*is_done = true;
		r = find_way(work, pod, &way, err);
		if (r < 0)
			return r;
		firewall_put_hairpin(batch, way->interface, pod, &work->tag);
		work->n_elements++;
	}
	return r;
}

static int put_all(struct work *work, struct netlink_batch *batch, struct error *err)
{
	int r = 0;

	nft_begin(batch);
	for (size_t i = 0; r == 0 && i < work->definition.n_ports; i++)
		r = put_port(work, batch, &work->definition.ports[i], err);
	return r == 0 ? put_hairpins(work, batch, err) : r;
}

/* Says which one, and who has it. */
static int tell_taken(struct plugin_call *call, struct work *work, struct error *err)
{
	const struct portmap_definition *definition = &work->definition;

	call->code = PLUGIN_ERROR_NO_ROOM;
	for (size_t i = 0; i < definition->n_ports; i++) {
		const struct firewall_port *port = &definition->ports[i];
		struct firewall_tag owner;

		if (firewall_port_owner(&work->firewall, port, &owner))
			return error_set(err, EADDRINUSE, "port %u/%s of the host is taken by %s",
					 port->host_port,
					 port->protocol == IPPROTO_TCP ? "tcp" : "udp", owner.text);
	}
	return error_set(err, EADDRINUSE, "two of the ports are the same, or one is taken");
}

static int forward(struct plugin_call *call, struct work *work, struct error *err)
{
	auto_batch struct netlink_batch batch = { 0 };
	struct error ignored = { 0 };
	int r = open_work(call, work, err);

	if (r == 0)
		r = last_pod_hold_tables(work->netns, err);
	if (r == 0)
		r = firewall_ensure_inet(&work->firewall, err);
	if (r == 0)
		r = put_all(work, &batch, err);
	if (r == 0)
		r = nft_commit(&work->firewall, &batch, err);
	if (r == -EEXIST)
		return tell_taken(call, work, err);
	if (r < 0)
		return r;
	r = conntrack_forget_udp(work->definition.ports, work->definition.n_ports, err);
	if (r < 0)
		result_ignored(firewall_remove_tagged(&work->firewall, FIREWALL_PORTS,
						      firewall_choose_tag, &work->tag, &ignored));
	return r;
}

static int let_tables_go(struct work *work, struct error *err)
{
	return last_pod_remove_tables(work->netns, &work->route, &work->firewall, err);
}

static int add(struct plugin_call *call, struct cni_result *ret, struct error *err)
{
	auto_work struct work work = WORK_NONE;
	int r;

	if (!call->has_previous) {
		call->code = CNI_ERROR_CONFIG;
		return error_set(err, EINVAL,
				 PLUGIN_PLACE ": prevResult: missing, portmap has to be chained");
	}
	r = portmap_definition_read(call, &work.definition, err);
	if (r == 0 && work.definition.n_ports > 0)
		r = forward(call, &work, err);
	if (r == 0)
		*ret = call->previous;
	return r;
}

static int del(struct plugin_call *call, struct error *err)
{
	auto_work struct work work = WORK_NONE;
	int r = open_work(call, &work, err);

	if (r < 0)
		return r;
	r = firewall_remove_tagged(&work.firewall, FIREWALL_PORTS, firewall_choose_tag, &work.tag,
				   err);
	return r == 0 && !call->netns_ends ? let_tables_go(&work, err) : r;
}

static int check(struct plugin_call *call, struct error *err)
{
	auto_work struct work work = WORK_NONE;
	auto_batch struct netlink_batch wanted = { 0 };
	size_t n = 0;
	int r = portmap_definition_read(call, &work.definition, err);

	if (r < 0 || work.definition.n_ports == 0)
		return r;
	call->code = PLUGIN_ERROR_CHECK;
	r = open_work(call, &work, err);
	if (r == 0)
		r = put_all(&work, &wanted, err); /* only to be counted */
	if (r == 0)
		r = firewall_count(&work.firewall, FIREWALL_PORTS, &work.tag, &n, err);
	if (r == 0 && n < work.n_elements)
		r = error_set(err, ENOENT, "%zu of the %zu rules for ports are there", n,
			      work.n_elements);
	return r;
}

static int gc(struct plugin_call *call, struct error *err)
{
	auto_work struct work work = WORK_NONE;
	int r = netlink_open(NETLINK_NETFILTER, &work.firewall, err);

	if (r < 0)
		return r;
	return firewall_remove_tagged(&work.firewall, FIREWALL_PORTS, plugin_tag_is_stale, call,
				      err);
}

static int status(struct plugin_call *call, struct error *err)
{
	auto_work struct work work = WORK_NONE;
	int r = open_work(call, &work, err);

	call->code = CNI_ERROR_UNAVAILABLE;
	if (r == 0)
		r = last_pod_hold_tables(work.netns, err);
	if (r == 0)
		r = firewall_ensure_inet(&work.firewall, err);
	return r == 0 ? let_tables_go(&work, err) : r;
}

const struct plugin plugin_portmap = {
	.name = "portmap", .add = add, .del = del, .check = check, .gc = gc, .status = status
};
