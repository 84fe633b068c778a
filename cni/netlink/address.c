/* SPDX-License-Identifier: Apache-2.0 */
#include "cni/netlink/address.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>

static void put_address(struct netlink_batch *batch, uint16_t type,
			const struct ip_address *address)
{
	netlink_put(batch, type, address->bytes, ip_family_bytes(address->family));
}

static void read_address(const struct nlattr *attribute, int family, struct ip_address *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (attribute == NULL || netlink_size(attribute) != ip_family_bytes(family))
		return;
	ret->family = family;
	memcpy(ret->bytes, netlink_data(attribute), ip_family_bytes(family));
}

static struct ip_address broadcast_address(const struct ip_prefix *prefix)
{
	struct ip_address mask = ip_prefix_mask(prefix), address = prefix->address;

	for (size_t i = 0; i < 4; i++)
		address.bytes[i] |= (unsigned char)~mask.bytes[i];
	return address;
}

void address_add(struct netlink_batch *batch, uint32_t link, const struct ip_prefix *prefix,
		 bool with_route)
{
	int family = prefix->address.family;
	struct ifaddrmsg header = { .ifa_family = (unsigned char)family,
				    .ifa_prefixlen = (unsigned char)prefix->length,
				    .ifa_index = link };
	uint32_t flags = IFA_F_PERMANENT;
	char text[IP_PREFIX_TEXT_SIZE];

	if (family == AF_INET6)
		flags |= IFA_F_NODAD;
	if (!with_route)
		flags |= IFA_F_NOPREFIXROUTE;
	netlink_begin(batch, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
	netlink_put_header(batch, &header, sizeof(header));
	put_address(batch, IFA_LOCAL, &prefix->address);
	put_address(batch, IFA_ADDRESS, &prefix->address);
	netlink_put_u32(batch, IFA_FLAGS, flags);
	if (family == AF_INET && prefix->length < 31) {
		struct ip_address broadcast = broadcast_address(prefix);

		put_address(batch, IFA_BROADCAST, &broadcast);
	}
	netlink_end(batch, "adding the address %s", ip_prefix_text(prefix, text));
}

void address_delete(struct netlink_batch *batch, uint32_t link, const struct ip_prefix *prefix)
{
	struct ifaddrmsg header = { .ifa_family = (unsigned char)prefix->address.family,
				    .ifa_prefixlen = (unsigned char)prefix->length,
				    .ifa_index = link };
	char text[IP_PREFIX_TEXT_SIZE];

	netlink_begin(batch, RTM_DELADDR, 0);
	netlink_put_header(batch, &header, sizeof(header));
	put_address(batch, IFA_LOCAL, &prefix->address);
	netlink_end(batch, "removing the address %s", ip_prefix_text(prefix, text));
}

/* The kernel takes the first one that fits what it is told, and it is told nothing. */
int address_delete_all_ipv4(struct netlink_socket *socket, uint32_t link, struct error *err)
{
	const struct ifaddrmsg header = { .ifa_family = AF_INET, .ifa_index = link };
	auto_batch struct netlink_batch batch = { 0 };
	int r = 0;

	while (r == 0) {
		netlink_begin(&batch, RTM_DELADDR, 0);
		netlink_put_header(&batch, &header, sizeof(header));
		netlink_end(&batch, "removing the addresses of an interface");
		r = netlink_do(socket, &batch, err);
	}
	if (r != -EADDRNOTAVAIL)
		return r;
	error_clear(err);
	return 0;
}

static void put_metrics(struct netlink_batch *batch, const struct route *route)
{
	size_t metrics;

	if (route->mtu == 0 && route->advertised_mss == 0)
		return;
	metrics = netlink_nest(batch, RTA_METRICS);
	if (route->mtu != 0)
		netlink_put_u32(batch, RTAX_MTU, route->mtu);
	if (route->advertised_mss != 0)
		netlink_put_u32(batch, RTAX_ADVMSS, route->advertised_mss);
	netlink_unnest(batch, metrics);
}

void route_add(struct netlink_batch *batch, const struct route *route)
{
	struct ip_prefix to = ip_prefix_network(&route->to);
	struct rtmsg header = { .rtm_family = (unsigned char)to.address.family,
				.rtm_dst_len = (unsigned char)to.length,
				.rtm_table = RT_TABLE_UNSPEC,
				.rtm_protocol = RTPROT_BOOT,
				.rtm_scope = route->scope,
				.rtm_type = RTN_UNICAST };
	char text[IP_PREFIX_TEXT_SIZE], via[IP_PREFIX_TEXT_SIZE];

	netlink_begin(batch, RTM_NEWROUTE,
		      NLM_F_CREATE | (route->replace ? NLM_F_REPLACE : NLM_F_EXCL));
	netlink_put_header(batch, &header, sizeof(header));
	if (to.length > 0)
		put_address(batch, RTA_DST, &to.address);
	netlink_put_u32(batch, RTA_OIF, route->link);
	netlink_put_u32(batch, RTA_TABLE, route->table != 0 ? route->table : RT_TABLE_MAIN);
	if (route->via.family != AF_UNSPEC)
		put_address(batch, RTA_GATEWAY, &route->via);
	if (route->source.family != AF_UNSPEC)
		put_address(batch, RTA_PREFSRC, &route->source);
	if (route->priority != 0)
		netlink_put_u32(batch, RTA_PRIORITY, route->priority);
	put_metrics(batch, route);
	netlink_end(batch, "adding the route to %s%s%s", ip_prefix_text(&to, text),
		    route->via.family != AF_UNSPEC ? " via " : "",
		    ip_address_text(&route->via, via));
}

struct address_search {
	uint32_t link;
	struct address_list *found;
};

static int see_address(const struct nlmsghdr *message, void *context)
{
	const struct ifaddrmsg *header = NLMSG_DATA(message);
	const struct nlattr *attributes[IFA_LOCAL + 1];
	struct address_search *search = context;
	struct ip_prefix prefix = { .length = header->ifa_prefixlen };

	if (message->nlmsg_type != RTM_NEWADDR || header->ifa_index != search->link)
		return 0;
	netlink_parse(header + 1, NLMSG_PAYLOAD(message, sizeof(*header)), attributes,
		      IFA_LOCAL + 1);
	read_address(attributes[attributes[IFA_LOCAL] != NULL ? IFA_LOCAL : IFA_ADDRESS],
		     header->ifa_family, &prefix.address);
	if (prefix.address.family != AF_UNSPEC && search->found->n < ADDRESS_LIST_MAX)
		search->found->items[search->found->n++] = prefix;
	return 0;
}

int address_list(struct netlink_socket *socket, uint32_t link, int family, struct address_list *ret,
		 struct error *err)
{
	auto_batch struct netlink_batch batch = { 0 };
	struct address_search search = { .link = link, .found = ret };
	struct ifaddrmsg header = { .ifa_family = (unsigned char)family, .ifa_index = link };

	ret->n = 0;
	netlink_begin(&batch, RTM_GETADDR, NLM_F_DUMP);
	netlink_put_header(&batch, &header, sizeof(header));
	netlink_end(&batch, "listing addresses");
	return netlink_call(socket, &batch, see_address, &search, err);
}

int address_exists(struct netlink_socket *socket, uint32_t link, const struct ip_prefix *prefix,
		   bool *ret_exists, struct error *err)
{
	struct address_list found;
	bool exists = false;
	int r = address_list(socket, link, prefix->address.family, &found, err);

	for (size_t i = 0; r == 0 && i < found.n; i++)
		exists = exists || (found.items[i].length == prefix->length &&
				    ip_address_equal(&found.items[i].address, &prefix->address));
	if (r == 0)
		*ret_exists = exists;
	return r;
}

struct route_search {
	const struct route *wanted; /* NULL: uplinks */
	struct ip_prefix to;
	bool exists;
	struct route_uplinks *uplinks;
};

static void see_uplink(struct route_uplinks *uplinks, uint32_t link)
{
	for (size_t i = 0; i < uplinks->n; i++)
		if (uplinks->links[i] == link)
			return;
	if (uplinks->n < ROUTE_UPLINKS_MAX)
		uplinks->links[uplinks->n++] = link;
}

static int see_route(const struct nlmsghdr *message, void *context)
{
	const struct rtmsg *header = NLMSG_DATA(message);
	const struct nlattr *attributes[RTA_TABLE + 1];
	struct route_search *search = context;
	struct ip_address to, via;
	uint32_t table;

	if (message->nlmsg_type != RTM_NEWROUTE || header->rtm_type != RTN_UNICAST)
		return 0;
	netlink_parse(header + 1, NLMSG_PAYLOAD(message, sizeof(*header)), attributes,
		      RTA_TABLE + 1);
	table =
	    attributes[RTA_TABLE] != NULL ? netlink_u32(attributes[RTA_TABLE]) : header->rtm_table;
	if (search->wanted == NULL) {
		if (header->rtm_dst_len < ip_family_bits(header->rtm_family) &&
		    netlink_u32(attributes[RTA_OIF]) != 0)
			see_uplink(search->uplinks, netlink_u32(attributes[RTA_OIF]));
		return 0;
	}
	if (table != (search->wanted->table != 0 ? search->wanted->table : RT_TABLE_MAIN) ||
	    header->rtm_dst_len != search->to.length)
		return 0;
	read_address(attributes[RTA_DST], header->rtm_family, &to);
	read_address(attributes[RTA_GATEWAY], header->rtm_family, &via);
	if (search->to.length > 0 && !ip_address_equal(&to, &search->to.address))
		return 0;
	search->exists = search->exists || search->wanted->via.family == AF_UNSPEC ||
			 ip_address_equal(&via, &search->wanted->via);
	return 0;
}

static int list_routes(struct netlink_socket *socket, int family, struct route_search *search,
		       struct error *err)
{
	auto_batch struct netlink_batch batch = { 0 };
	struct rtmsg header = { .rtm_family = (unsigned char)family, .rtm_type = RTN_UNICAST };

	netlink_begin(&batch, RTM_GETROUTE, NLM_F_DUMP);
	netlink_put_header(&batch, &header, sizeof(header));
	netlink_end(&batch, "listing routes");
	return netlink_call(socket, &batch, see_route, search, err);
}

int route_exists(struct netlink_socket *socket, const struct route *route, bool *ret_exists,
		 struct error *err)
{
	struct route_search search = { .wanted = route, .to = ip_prefix_network(&route->to) };
	int r = list_routes(socket, route->to.address.family, &search, err);

	if (r == 0)
		*ret_exists = search.exists;
	return r;
}

int route_uplinks(struct netlink_socket *socket, int family, struct route_uplinks *ret,
		  struct error *err)
{
	struct route_search search = { .uplinks = ret };

	ret->n = 0;
	return list_routes(socket, family, &search, err);
}

static int see_way(const struct nlmsghdr *message, void *context)
{
	const struct rtmsg *header = NLMSG_DATA(message);
	const struct nlattr *attributes[RTA_PREFSRC + 1];
	struct route_lookup *lookup = context;

	if (message->nlmsg_type != RTM_NEWROUTE)
		return 0;
	netlink_parse(header + 1, NLMSG_PAYLOAD(message, sizeof(*header)), attributes,
		      RTA_PREFSRC + 1);
	lookup->link = netlink_u32(attributes[RTA_OIF]);
	read_address(attributes[RTA_PREFSRC], header->rtm_family, &lookup->source);
	return 0;
}

int route_to(struct netlink_socket *socket, const struct ip_address *address,
	     struct route_lookup *ret, struct error *err)
{
	auto_batch struct netlink_batch batch = { 0 };
	struct rtmsg header = { .rtm_family = (unsigned char)address->family,
				.rtm_dst_len = (unsigned char)ip_family_bits(address->family) };
	struct route_lookup lookup = { 0 };
	char text[IP_PREFIX_TEXT_SIZE];
	int r;

	netlink_begin(&batch, RTM_GETROUTE, 0);
	netlink_put_header(&batch, &header, sizeof(header));
	put_address(&batch, RTA_DST, address);
	netlink_end(&batch, "looking for the way to %s", ip_address_text(address, text));
	r = netlink_call(socket, &batch, see_way, &lookup, err);
	if (r == 0)
		*ret = lookup;
	return r;
}
