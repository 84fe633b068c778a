/* SPDX-License-Identifier: Apache-2.0 */
#include "cni/interface/pod_link.h"

#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cni/interface/interface_setting.h"
#include "cni/netlink/address.h"

static int open_pod_side(struct pod_link *link, struct error *err)
{
	struct error second = { 0 };
	int r = pod_link_enter(link, err);

	if (r < 0)
		return r;
	r = netlink_open(NETLINK_ROUTE, &link->pod_socket, err);
	return pod_link_leave(link, &second) < 0 ? error_set(err, second.code, "%s", second.text)
						 : r;
}

static int open_host_side(const struct pod_link_attachment *attachment, struct pod_link *link,
			  struct error *err)
{
	int r = netns_open_own(&link->host_netns, err);

	link->pod_name = attachment->interface;
	cni_host_end_name(attachment->network, attachment->container, attachment->interface,
			  link->host_name);
	return r == 0 ? netlink_open(NETLINK_ROUTE, &link->host_socket, err) : r;
}

static int open_netns(const char *netns, struct pod_link *link, struct error *err)
{
	int r = netns_open(netns, &link->pod_netns, err);

	if (r == 0)
		r = netns_check_differ(link->pod_netns, link->host_netns, err);
	return r == 0 ? open_pod_side(link, err) : r;
}

static int give(struct pod_link *link, struct pod_link *ret)
{
	*ret = *link;
	*link = (struct pod_link)POD_LINK_NONE;
	return 0;
}

int pod_link_open(const char *netns, const struct pod_link_attachment *attachment,
		  struct pod_link *ret, struct error *err)
{
	auto_pod_link struct pod_link link = POD_LINK_NONE;
	int r = open_host_side(attachment, &link, err);

	if (r == 0)
		r = open_netns(netns, &link, err);
	return r == 0 ? give(&link, ret) : r;
}

int pod_link_open_to_remove(const char *netns, const struct pod_link_attachment *attachment,
			    struct pod_link *ret, struct error *err)
{
	auto_pod_link struct pod_link link = POD_LINK_NONE;
	int r = open_host_side(attachment, &link, err);

	if (r == 0 && netns[0] != '\0')
		r = open_netns(netns, &link, err);
	if (r == -ENOENT) { /* it has gone */
		error_clear(err);
		r = 0;
	}
	return r == 0 ? give(&link, ret) : r;
}

void pod_link_close(struct pod_link *link)
{
	netlink_close(&link->pod_socket);
	netlink_close(&link->host_socket);
	cleanup_close(&link->pod_netns);
	cleanup_close(&link->host_netns);
}

int pod_link_enter(const struct pod_link *link, struct error *err)
{
	return netns_enter(link->pod_netns, err);
}

int pod_link_leave(const struct pod_link *link, struct error *err)
{
	return netns_enter(link->host_netns, err);
}

static bool pod_has_interface(struct pod_link *link)
{
	struct error ignored = { 0 };
	struct link found;

	return link_get(&link->pod_socket, link->pod_name, 0, &found, &ignored) == 0;
}

static int make(struct pod_link *link, struct link_veth *veth, struct error *err)
{
	auto_batch struct netlink_batch batch = { 0 };
	int r;

	veth->name = link->host_name;
	link_add_veth(&batch, veth);
	r = netlink_do(&link->host_socket, &batch, err);
	if (r == -EEXIST && pod_has_interface(link))
		return error_set(err, EEXIST, "the pod has an interface %s already",
				 link->pod_name);
	if (r == -EEXIST)
		return error_set(err, EEXIST,
				 "the host's end %s of the interface %s is there already",
				 link->host_name, link->pod_name);
	return r < 0 ? r : link_get(&link->host_socket, veth->name, 0, &link->host, err);
}

/*
 * A bridge's port needs no IPv6 of its own, which would only tell all other ports of itself.  Nor
 * does the pod ask all of them for its link-local address, which nobody else has: it is that of
 * its hardware address.
 */
static int restrict_ipv6(struct pod_link *link, bool is_port, struct error *err)
{
	struct error second = { 0 };
	int r = interface_setting_write_if_there(AF_INET6, link->host.name,
						 is_port ? "disable_ipv6" : "accept_ra",
						 is_port ? "1" : "0", err);

	if (r == 0)
		r = pod_link_enter(link, err);
	if (r < 0)
		return r;
	r = interface_setting_write_if_there(AF_INET6, link->pod_name, "accept_ra", "0", err);
	if (r == 0 && is_port)
		r = interface_setting_write_if_there(AF_INET6, link->pod_name, "accept_dad", "0",
						     err);
	return pod_link_leave(link, &second) < 0 ? error_set(err, second.code, "%s", second.text)
						 : r;
}

int pod_link_make(struct pod_link *link, const struct pod_link_wish *wish, struct error *err)
{
	struct link_veth veth = { .peer_name = link->pod_name,
				  .peer_netns = link->pod_netns,
				  .mtu = wish->mtu,
				  .master = wish->master,
				  .group = wish->group };
	struct error ignored = { 0 };
	int r = link_random_mac(veth.mac, err);

	if (r == 0)
		r = link_random_mac(veth.peer_mac, err);
	if (r == 0 && wish->mac != NULL)
		memcpy(veth.peer_mac, wish->mac, LINK_MAC_BYTES);
	if (r == 0)
		r = make(link, &veth, err);
	if (r < 0)
		return r;
	link->pod = (struct link){ .index = link->host.peer };
	memcpy(link->pod.mac, veth.peer_mac, LINK_MAC_BYTES);
	(void)snprintf(link->pod.name, IFNAMSIZ, "%s", link->pod_name);
	r = restrict_ipv6(link, wish->master != 0, err);
	if (r < 0)
		result_ignored(pod_link_remove(link, &ignored));
	return r;
}

/* -ENODEV: there is none, or others made the pair. */
static int find_host_end(struct pod_link *link, struct link *ret, struct error *err)
{
	int r = link_get(&link->host_socket, link->host_name, 0, ret, err);

	if (r == 0 && strcmp(ret->kind, "veth") != 0)
		return error_set(err, ENODEV, "%s of the host is no veth", link->host_name);
	return r;
}

static int remove_host_end(struct pod_link *link, struct error *err)
{
	struct link found;
	int r = find_host_end(link, &found, err);

	return r < 0 ? r : link_delete(&link->host_socket, link->host_name, err);
}

/*
 * The kernel answers some ten milliseconds after the interface has vanished for everybody.  They
 * are waited for: a process that did it behind our back would keep the file system that we were
 * started from busy, and be the child of whoever called us.
 */
int pod_link_remove(struct pod_link *link, struct error *err)
{
	int r = remove_host_end(link, err);

	if (r == -ENODEV && link->pod_netns >= 0) {
		error_clear(err);
		r = link_delete(&link->pod_socket, link->pod_name, err);
	}
	if (r != -ENODEV)
		return r;
	error_clear(err);
	return 0;
}

/* Something would keep the namespace, and the pair with it; true also when that is not known. */
static bool is_namespace_kept(const struct pod_link *link)
{
	struct error ignored = { 0 };
	bool is_kept;

	if (link->pod_netns < 0 || pod_link_enter(link, &ignored) < 0)
		return true;
	is_kept = netns_has_connections();
	return pod_link_leave(link, &ignored) < 0 || is_kept;
}

int pod_link_abandon(struct pod_link *link, struct error *err)
{
	auto_batch struct netlink_batch batch = { 0 };
	struct error ignored = { 0 };
	struct link found;
	int r;

	if (is_namespace_kept(link) || find_host_end(link, &found, &ignored) < 0)
		return pod_link_remove(link, err);
	link_retire(&batch, found.index);
	r = netlink_do(&link->host_socket, &batch, err);
	return r == 0 ? address_delete_all_ipv4(&link->host_socket, found.index, err) : r;
}

int pod_link_allow_ipv6(const struct pod_link *link, struct error *err)
{
	struct error second = { 0 };
	int r = interface_setting_write(AF_INET6, link->host.name, "accept_dad", "0", err);

	if (r == 0)
		r = pod_link_enter(link, err);
	if (r < 0)
		return r;
	r = interface_setting_write(AF_INET6, link->pod_name, "disable_ipv6", "0", err);
	if (r == 0)
		r = interface_setting_write(AF_INET6, link->pod_name, "accept_dad", "0", err);
	return pod_link_leave(link, &second) < 0 ? error_set(err, second.code, "%s", second.text)
						 : r;
}

bool pod_link_has_family(const struct cni_result *result, int family)
{
	for (size_t i = 0; i < result->n_ips; i++)
		if (result->ips[i].address.address.family == family)
			return true;
	return false;
}

static struct ip_address gateway_of(const struct cni_result *result, int family)
{
	for (size_t i = 0; i < result->n_ips; i++)
		if (result->ips[i].gateway.family == family)
			return result->ips[i].gateway;
	return (struct ip_address){ .family = AF_UNSPEC };
}

static struct route route_of(const struct cni_result *result, const struct cni_route *wanted)
{
	struct route route = { .to = wanted->dst,
			       .via = wanted->gw,
			       .mtu = wanted->mtu,
			       .advertised_mss = wanted->advmss,
			       .priority = wanted->priority,
			       .table = wanted->table,
			       .scope =
				   wanted->has_scope ? (uint8_t)wanted->scope : RT_SCOPE_UNIVERSE };

	if (route.via.family == AF_UNSPEC && !wanted->has_scope)
		route.via = gateway_of(result, wanted->dst.address.family);
	return route;
}

void pod_link_put_routes(struct netlink_batch *batch, const struct pod_link *link,
			 const struct cni_result *result)
{
	for (size_t i = 0; i < result->n_routes; i++) {
		struct route route = route_of(result, &result->routes[i]);

		route.link = link->pod.index;
		route_add(batch, &route);
		netlink_may_exist(batch); /* of a network before: the first one wins */
	}
}

static const struct cni_interface *find_interface(const struct cni_result *result, const char *name)
{
	for (size_t i = 0; i < result->n_interfaces; i++)
		if (strcmp(result->interfaces[i].name, name) == 0 &&
		    result->interfaces[i].sandbox != NULL &&
		    result->interfaces[i].sandbox[0] != '\0')
			return &result->interfaces[i];
	return NULL;
}

static int check_addresses(struct pod_link *link, const struct cni_result *result,
			   const struct cni_interface *interface, struct error *err)
{
	char text[IP_PREFIX_TEXT_SIZE];
	bool exists = true;
	int r = 0;

	for (size_t i = 0; r == 0 && i < result->n_ips; i++) {
		const struct cni_ip *ip = &result->ips[i];

		if (!ip->has_interface || &result->interfaces[ip->interface] != interface)
			continue;
		r = address_exists(&link->pod_socket, link->pod.index, &ip->address, &exists, err);
		if (r == 0 && !exists)
			return error_set(err, EADDRNOTAVAIL, "%s of the pod has not the address %s",
					 link->pod_name, ip_prefix_text(&ip->address, text));
	}
	return r;
}

static int check_routes(struct pod_link *link, const struct cni_result *result, struct error *err)
{
	char text[IP_PREFIX_TEXT_SIZE];
	bool exists = true;
	int r = 0;

	for (size_t i = 0; r == 0 && i < result->n_routes; i++) {
		struct route route = route_of(result, &result->routes[i]);

		r = route_exists(&link->pod_socket, &route, &exists, err);
		if (r == 0 && !exists)
			return error_set(err, ENETUNREACH, "the pod has no route to %s",
					 ip_prefix_text(&route.to, text));
	}
	return r;
}

int pod_link_check(struct pod_link *link, const struct cni_result *result, struct error *err)
{
	const struct cni_interface *interface = find_interface(result, link->pod_name);
	char mac[LINK_MAC_TEXT_SIZE];
	int r = link_get(&link->pod_socket, link->pod_name, 0, &link->pod, err);

	if (r < 0)
		return r;
	if (interface == NULL)
		return error_set(err, ENODEV, "prevResult has no interface %s of the pod",
				 link->pod_name);
	if (strcmp(link->pod.kind, "veth") != 0)
		return error_set(err, ENODEV, "%s of the pod is no veth", link->pod_name);
	if (interface->mac != NULL && interface->mac[0] != '\0' &&
	    strcasecmp(interface->mac, link_mac_text(link->pod.mac, mac)) != 0)
		return error_set(err, ENODEV, "%s of the pod has the hardware address %s, not %s",
				 link->pod_name, mac, interface->mac);
	if (!link->pod.is_up)
		return error_set(err, ENETDOWN, "%s of the pod is down", link->pod_name);
	r = check_addresses(link, result, interface, err);
	return r == 0 ? check_routes(link, result, err) : r;
}
