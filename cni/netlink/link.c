/* SPDX-License-Identifier: Apache-2.0 */
#include "cni/netlink/link.h"

#include <ctype.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

static void begin(struct netlink_batch *batch, uint16_t type, uint16_t flags,
		  const struct ifinfomsg *header)
{
	netlink_begin(batch, type, flags);
	netlink_put_header(batch, header, sizeof(*header));
}

static void put_mtu(struct netlink_batch *batch, uint32_t mtu)
{
	if (mtu != 0)
		netlink_put_u32(batch, IFLA_MTU, mtu);
}

/*
 * One queue, said when the interface is made: otherwise the kernel makes one for each processor,
 * takes all but one out of service, and waits a few milliseconds until nobody can be using them.
 */
static void put_one_queue(struct netlink_batch *batch)
{
	netlink_put_u32(batch, IFLA_NUM_TX_QUEUES, 1);
	netlink_put_u32(batch, IFLA_NUM_RX_QUEUES, 1);
}

void link_add_veth(struct netlink_batch *batch, const struct link_veth *veth)
{
	struct ifinfomsg header = { .ifi_family = AF_UNSPEC };
	size_t info, data, peer;

	begin(batch, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &header);
	netlink_put_string(batch, IFLA_IFNAME, veth->name);
	netlink_put(batch, IFLA_ADDRESS, veth->mac, LINK_MAC_BYTES);
	netlink_put_u32(batch, IFLA_GROUP, veth->group);
	put_mtu(batch, veth->mtu);
	put_one_queue(batch);
	if (veth->master != 0)
		netlink_put_u32(batch, IFLA_MASTER, veth->master);
	info = netlink_nest(batch, IFLA_LINKINFO);
	netlink_put_string(batch, IFLA_INFO_KIND, "veth");
	data = netlink_nest(batch, IFLA_INFO_DATA);
	peer = netlink_nest(batch, VETH_INFO_PEER);
	netlink_put_header(batch, &header, sizeof(header));
	netlink_put_string(batch, IFLA_IFNAME, veth->peer_name);
	netlink_put(batch, IFLA_ADDRESS, veth->peer_mac, LINK_MAC_BYTES);
	put_mtu(batch, veth->mtu);
	put_one_queue(batch);
	netlink_put_u32(batch, IFLA_NET_NS_FD, (uint32_t)veth->peer_netns);
	netlink_unnest(batch, peer);
	netlink_unnest(batch, data);
	netlink_unnest(batch, info);
	netlink_end(batch, "making the veth pair %s and %s", veth->name, veth->peer_name);
}

void link_add_bridge(struct netlink_batch *batch, const struct link_bridge *bridge)
{
	struct ifinfomsg header = { .ifi_family = AF_UNSPEC };
	size_t info;

	begin(batch, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &header);
	netlink_put_string(batch, IFLA_IFNAME, bridge->name);
	netlink_put(batch, IFLA_ADDRESS, bridge->mac, LINK_MAC_BYTES);
	netlink_put_u32(batch, IFLA_GROUP, bridge->group);
	put_mtu(batch, bridge->mtu);
	info = netlink_nest(batch, IFLA_LINKINFO);
	netlink_put_string(batch, IFLA_INFO_KIND, "bridge");
	netlink_unnest(batch, info);
	netlink_end(batch, "making the bridge %s", bridge->name);
}

static void set_flags(struct netlink_batch *batch, uint32_t index, unsigned flags, unsigned change,
		      const char *what)
{
	struct ifinfomsg header = { .ifi_index = (int)index,
				    .ifi_flags = flags,
				    .ifi_change = change };

	begin(batch, RTM_NEWLINK, 0, &header);
	netlink_end(batch, "%s", what);
}

void link_set_up(struct netlink_batch *batch, uint32_t index)
{
	set_flags(batch, index, IFF_UP, IFF_UP, "setting an interface up");
}

void link_set_down(struct netlink_batch *batch, uint32_t index)
{
	set_flags(batch, index, 0, IFF_UP, "setting an interface down");
}

void link_retire(struct netlink_batch *batch, uint32_t index)
{
	struct ifinfomsg header = { .ifi_index = (int)index, .ifi_change = IFF_UP };

	begin(batch, RTM_NEWLINK, 0, &header);
	netlink_put_u32(batch, IFLA_GROUP, 0);
	netlink_end(batch, "taking an interface out of use");
}

void link_set_promiscuous(struct netlink_batch *batch, uint32_t index)
{
	set_flags(batch, index, IFF_PROMISC, IFF_PROMISC, "setting an interface promiscuous");
}

void link_set_port(struct netlink_batch *batch, uint32_t index, const struct link_port *port)
{
	struct ifinfomsg header = { .ifi_family = AF_BRIDGE, .ifi_index = (int)index };
	size_t settings;

	begin(batch, RTM_SETLINK, 0, &header);
	settings = netlink_nest(batch, IFLA_PROTINFO);
	netlink_put_u8(batch, IFLA_BRPORT_MODE, port->hairpin);
	netlink_put_u8(batch, IFLA_BRPORT_ISOLATED, port->isolated);
	netlink_unnest(batch, settings);
	netlink_end(batch, "setting up a port of the bridge");
}

static void copy_name(const struct nlattr *attribute, char ret[IFNAMSIZ])
{
	const char *name = netlink_string(attribute);

	(void)snprintf(ret, IFNAMSIZ, "%s", name != NULL ? name : "");
}

static void read_kind(const struct nlattr *info, char ret[IFNAMSIZ])
{
	const struct nlattr *attributes[IFLA_INFO_KIND + 1];

	ret[0] = '\0';
	if (info == NULL)
		return;
	netlink_parse(netlink_data(info), netlink_size(info), attributes, IFLA_INFO_KIND + 1);
	copy_name(attributes[IFLA_INFO_KIND], ret);
}

static int read_link(const struct nlmsghdr *message, void *context)
{
	const struct ifinfomsg *header = NLMSG_DATA(message);
	const struct nlattr *attributes[IFLA_GROUP + 1];
	struct link *link = context;

	if (message->nlmsg_type != RTM_NEWLINK || NLMSG_PAYLOAD(message, 0) < sizeof(*header))
		return 0;
	netlink_parse(header + 1, NLMSG_PAYLOAD(message, sizeof(*header)), attributes,
		      IFLA_GROUP + 1);
	link->index = (uint32_t)header->ifi_index;
	link->is_up = (header->ifi_flags & IFF_UP) != 0;
	link->peer = netlink_u32(attributes[IFLA_LINK]);
	link->mtu = netlink_u32(attributes[IFLA_MTU]);
	link->master = netlink_u32(attributes[IFLA_MASTER]);
	link->group = netlink_u32(attributes[IFLA_GROUP]);
	copy_name(attributes[IFLA_IFNAME], link->name);
	read_kind(attributes[IFLA_LINKINFO], link->kind);
	if (attributes[IFLA_ADDRESS] != NULL &&
	    netlink_size(attributes[IFLA_ADDRESS]) == LINK_MAC_BYTES)
		memcpy(link->mac, netlink_data(attributes[IFLA_ADDRESS]), LINK_MAC_BYTES);
	return 0;
}

int link_get(struct netlink_socket *socket, const char *name, uint32_t index, struct link *ret,
	     struct error *err)
{
	auto_batch struct netlink_batch batch = { 0 };
	struct ifinfomsg header = { .ifi_index = (int)index };
	struct link link = { 0 };
	int r;

	begin(&batch, RTM_GETLINK, 0, &header);
	if (name != NULL)
		netlink_put_string(&batch, IFLA_IFNAME, name);
	if (name != NULL)
		netlink_end(&batch, "looking for the interface %s", name);
	else
		netlink_end(&batch, "looking for the interface of index %u", index);
	r = netlink_call(socket, &batch, read_link, &link, err);
	if (r == 0)
		*ret = link;
	return r;
}

struct group_search {
	uint32_t group;
	uint32_t mask;
	bool exists;
};

static int see_group(const struct nlmsghdr *message, void *context)
{
	struct group_search *search = context;
	struct link link = { 0 };
	int r = read_link(message, &link);

	if (r < 0 || (link.group & search->mask) != search->group)
		return r;
	search->exists = true;
	return -ECANCELED; /* the rest of the list need not be read */
}

int link_exists_in_group(struct netlink_socket *socket, uint32_t group, uint32_t mask,
			 bool *ret_exists, struct error *err)
{
	struct ifinfomsg header = { .ifi_family = AF_UNSPEC };
	struct group_search search = { .group = group, .mask = mask };
	auto_batch struct netlink_batch batch = { 0 };
	int r;

	begin(&batch, RTM_GETLINK, NLM_F_DUMP, &header);
	netlink_put_u32(&batch, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	netlink_end(&batch, "looking for links of pods");
	r = netlink_call(socket, &batch, see_group, &search, err);
	if (r < 0 && !search.exists)
		return r;
	*ret_exists = search.exists;
	return 0;
}

int link_delete(struct netlink_socket *socket, const char *name, struct error *err)
{
	auto_batch struct netlink_batch batch = { 0 };
	struct ifinfomsg header = { .ifi_family = AF_UNSPEC };

	begin(&batch, RTM_DELLINK, 0, &header);
	netlink_put_string(&batch, IFLA_IFNAME, name);
	netlink_end(&batch, "removing the interface %s", name);
	return netlink_do(socket, &batch, err);
}

int link_random_mac(unsigned char ret_mac[LINK_MAC_BYTES], struct error *err)
{
	if (getrandom(ret_mac, LINK_MAC_BYTES, 0) != LINK_MAC_BYTES)
		return error_from_errno(err, "choosing a hardware address");
	ret_mac[0] =
	    (unsigned char)((ret_mac[0] & 0xfc) | 2); /* one station, locally administered */
	return 0;
}

const char *link_mac_text(const unsigned char mac[LINK_MAC_BYTES], char buffer[LINK_MAC_TEXT_SIZE])
{
	(void)snprintf(buffer, LINK_MAC_TEXT_SIZE, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1],
		       mac[2], mac[3], mac[4], mac[5]);
	return buffer;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int link_mac_parse(const char *text, unsigned char ret_mac[LINK_MAC_BYTES])
{
	static const unsigned char none[LINK_MAC_BYTES];
	unsigned char mac[LINK_MAC_BYTES];

	if (strlen(text) != LINK_MAC_TEXT_SIZE - 1)
		return -EINVAL;
	for (size_t i = 0; i < LINK_MAC_BYTES; i++) {
		int high = hex_digit(text[3 * i]), low = hex_digit(text[3 * i + 1]);

		if (high < 0 || low < 0 || (i + 1 < LINK_MAC_BYTES && text[3 * i + 2] != ':'))
			return -EINVAL;
		mac[i] = (unsigned char)(high << 4 | low);
	}
	if ((mac[0] & 1) != 0 || memcmp(mac, none, sizeof(mac)) == 0)
		return -EINVAL;
	memcpy(ret_mac, mac, sizeof(mac));
	return 0;
}
