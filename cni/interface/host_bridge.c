/* SPDX-License-Identifier: Apache-2.0 */
#include "cni/interface/host_bridge.h"

#include <errno.h>
#include <string.h>

#include "cni/interface/interface_setting.h"
#include "cni/netlink/address.h"

/* 1: it is ours; 0: it was there. */
static int make(struct netlink_socket *socket, const struct host_bridge_wish *wish,
		struct error *err)
{
	auto_batch struct netlink_batch batch = { 0 };
	struct link_bridge bridge = { .name = wish->name,
				      .mtu = wish->mtu,
				      .group = LINK_GROUP_BRIDGE };
	int r = link_random_mac(bridge.mac, err);

	if (r < 0)
		return r;
	link_add_bridge(&batch, &bridge);
	r = netlink_do(socket, &batch, err);
	if (r == -EEXIST) {
		error_clear(err);
		return 0;
	}
	return r < 0 ? r : 1;
}

static int set_up(struct netlink_socket *socket, const struct link *bridge, bool promiscuous,
		  struct error *err)
{
	auto_batch struct netlink_batch batch = { 0 };

	if (!bridge->is_up)
		link_set_up(&batch, bridge->index);
	if (promiscuous)
		link_set_promiscuous(&batch, bridge->index);
	return netlink_do(socket, &batch, err);
}

int host_bridge_ensure(struct netlink_socket *socket, const struct host_bridge_wish *wish,
		       struct link *ret, struct error *err)
{
	struct link bridge;
	int r = link_get(socket, wish->name, 0, &bridge, err);
	int ours = 0;

	if (r == -ENODEV) {
		error_clear(err);
		ours = make(socket, wish, err);
		r = ours < 0 ? ours : link_get(socket, wish->name, 0, &bridge, err);
	}
	if (r < 0)
		return r;
	if (strcmp(bridge.kind, "bridge") != 0)
		return error_set(err, EEXIST, "%s exists and is no bridge", wish->name);
	if (ours > 0)
		r = interface_setting_write_if_there(AF_INET6, wish->name, "accept_ra", "0", err);
	if (r == 0 && ours > 0) /* as pod_link_allow_ipv6() */
		r = interface_setting_write_if_there(AF_INET6, wish->name, "accept_dad", "0", err);
	if (r == 0)
		r = set_up(socket, &bridge, wish->promiscuous, err);
	if (r == 0)
		*ret = bridge;
	return r;
}

static bool is_link_local(const struct ip_prefix *prefix)
{
	return prefix->address.family == AF_INET6 && prefix->address.bytes[0] == 0xfe &&
	       (prefix->address.bytes[1] & 0xc0) == 0x80;
}

/* Can the bridge not have both? */
static bool exclude_each_other(const struct ip_prefix *there, const struct ip_prefix *wanted)
{
	if (there->address.family != wanted->address.family || is_link_local(there))
		return false;
	return wanted->address.family == AF_INET || ip_prefix_contains(there, &wanted->address) ||
	       ip_prefix_contains(wanted, &there->address);
}

int host_bridge_set_address(struct netlink_socket *socket, const struct link *bridge,
			    const struct ip_prefix *address, bool force, struct error *err)
{
	auto_batch struct netlink_batch batch = { 0 };
	char text[IP_PREFIX_TEXT_SIZE], other[IP_PREFIX_TEXT_SIZE];
	struct address_list found;
	int r = address_list(socket, bridge->index, address->address.family, &found, err);

	for (size_t i = 0; r == 0 && i < found.n; i++) {
		if (found.items[i].length == address->length &&
		    ip_address_equal(&found.items[i].address, &address->address))
			return 0;
		if (!exclude_each_other(&found.items[i], address))
			continue;
		if (!force)
			return error_set(err, EADDRINUSE, "%s has the address %s, not %s",
					 bridge->name, ip_prefix_text(&found.items[i], other),
					 ip_prefix_text(address, text));
		address_delete(&batch, bridge->index, &found.items[i]);
	}
	if (r < 0)
		return r;
	address_add(&batch, bridge->index, address, true);
	r = netlink_do(socket, &batch, err);
	if (r != -EEXIST)
		return r;
	error_clear(err); /* somebody else was quicker */
	return 0;
}
