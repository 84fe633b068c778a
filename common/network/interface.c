/* SPDX-License-Identifier: Apache-2.0 */
#include "common/network/interface.h"

#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/socket.h>

#include "common/base/cleanup.h"
#include "common/network/rtnetlink.h"

#define MAX_OBJECTS 1024 /* addresses, or routes, of one interface */

static size_t family_bytes(int family)
{
	return family == AF_INET6 ? 16 : 4;
}

static int find_index(const char *name, unsigned *ret, struct error *err)
{
	unsigned index = if_nametoindex(name);

	if (index == 0)
		return error_from_errno(err, "finding the interface %s", name);
	*ret = index;
	return 0;
}

/* What is particular to its kind; NULL: it is of another one. */
static const void *data_of_kind(const struct nlmsghdr *object, const char *kind)
{
	const void *info = rtnetlink_attribute(object, sizeof(struct ifinfomsg), IFLA_LINKINFO, 0);
	const char *found =
	    info == NULL ? NULL : rtnetlink_inner_attribute(info, IFLA_INFO_KIND, strlen(kind));

	return found == NULL || memcmp(found, kind, strlen(kind)) != 0
		   ? NULL
		   : rtnetlink_inner_attribute(info, IFLA_INFO_DATA, 0);
}

static bool is_l3s(const struct nlmsghdr *object)
{
	const void *data = data_of_kind(object, "ipvlan");
	uint16_t mode = IPVLAN_MODE_L2;
	const void *found =
	    data == NULL ? NULL : rtnetlink_inner_attribute(data, IFLA_IPVLAN_MODE, sizeof(mode));

	if (found != NULL)
		memcpy(&mode, found, sizeof(mode));
	return mode == IPVLAN_MODE_L3S;
}

static int on_link(void *context, const struct nlmsghdr *object)
{
	struct interface *interface = context;
	const struct ifinfomsg *header = NLMSG_DATA(object);
	const void *mac =
	    rtnetlink_attribute(object, sizeof(*header), IFLA_ADDRESS, INTERFACE_MAC_BYTES);
	const void *mtu = rtnetlink_attribute(object, sizeof(*header), IFLA_MTU, sizeof(uint32_t));

	if (object->nlmsg_type != RTM_NEWLINK || header->ifi_index != (int)interface->index)
		return 0;
	interface->is_ethernet = header->ifi_type == ARPHRD_ETHER;
	interface->no_arp = (header->ifi_flags & IFF_NOARP) != 0;
	interface->is_l3s = is_l3s(object);
	if (mac != NULL)
		memcpy(interface->mac, mac, INTERFACE_MAC_BYTES);
	if (mtu != NULL)
		memcpy(&interface->mtu, mtu, sizeof(interface->mtu));
	return 0;
}

/* *ret untouched: there is no such attribute. */
static void take_address(const struct nlmsghdr *object, size_t header_size, unsigned short type,
			 int family, struct interface_address *ret)
{
	const void *bytes = rtnetlink_attribute(object, header_size, type, family_bytes(family));

	if (bytes == NULL)
		return;
	ret->family = family;
	memcpy(ret->bytes, bytes, family_bytes(family));
}

static bool is_link_local(const struct interface_address *address)
{
	return address->family == AF_INET6 && address->bytes[0] == 0xfe &&
	       (address->bytes[1] & 0xc0) == 0x80;
}

static bool is_multicast(const struct interface_address *address)
{
	return address->family == AF_INET6 && address->bytes[0] == 0xff;
}

static int on_address(void *context, const struct nlmsghdr *object)
{
	struct interface *interface = context;
	const struct ifaddrmsg *header = NLMSG_DATA(object);
	struct interface_address address = { .length = header->ifa_prefixlen };

	if (object->nlmsg_type != RTM_NEWADDR || header->ifa_index != interface->index ||
	    (header->ifa_family != AF_INET && header->ifa_family != AF_INET6))
		return 0;
	take_address(object, sizeof(*header), IFA_ADDRESS, header->ifa_family, &address);
	take_address(object, sizeof(*header), IFA_LOCAL, header->ifa_family, &address);
	if (address.family == 0 || is_link_local(&address))
		return 0;
	if (interface->n_addresses == MAX_OBJECTS)
		return -E2BIG;
	interface->addresses[interface->n_addresses++] = address;
	return 0;
}

static uint32_t number_of(const struct nlmsghdr *object, unsigned short type)
{
	const void *bytes =
	    rtnetlink_attribute(object, sizeof(struct rtmsg), type, sizeof(uint32_t));
	uint32_t number = 0;

	if (bytes != NULL)
		memcpy(&number, bytes, sizeof(number));
	return number;
}

static int on_route(void *context, const struct nlmsghdr *object)
{
	struct interface *interface = context;
	const struct rtmsg *header = NLMSG_DATA(object);
	struct interface_route route = { .to = { .family = header->rtm_family,
						 .length = header->rtm_dst_len },
					 .scope = header->rtm_scope,
					 .metric = number_of(object, RTA_PRIORITY) };

	if (object->nlmsg_type != RTM_NEWROUTE || header->rtm_table != RT_TABLE_MAIN ||
	    header->rtm_type != RTN_UNICAST || (header->rtm_flags & RTM_F_CLONED) != 0 ||
	    number_of(object, RTA_OIF) != interface->index ||
	    (header->rtm_family != AF_INET && header->rtm_family != AF_INET6))
		return 0;
	take_address(object, sizeof(*header), RTA_DST, header->rtm_family, &route.to);
	take_address(object, sizeof(*header), RTA_GATEWAY, header->rtm_family, &route.gateway);
	take_address(object, sizeof(*header), RTA_PREFSRC, header->rtm_family, &route.source);
	if (is_link_local(&route.to) || is_multicast(&route.to))
		return 0;
	if (interface->n_routes == MAX_OBJECTS)
		return -E2BIG;
	interface->routes[interface->n_routes++] = route;
	return 0;
}

static int read_objects(int fd, unsigned short type, struct interface *interface,
			int (*on_object)(void *context, const struct nlmsghdr *object),
			struct error *err)
{
	const struct ifinfomsg any = { .ifi_family = AF_UNSPEC }; /* no smaller than its siblings */
	struct rtnetlink_message message;

	rtnetlink_begin(&message, type, 0, &any, sizeof(any));
	return rtnetlink_dump(fd, &message, on_object, interface, err);
}

static void sort_routes(struct interface *interface)
{
	size_t n = 0;

	/* Stable: each route without a gateway moves to the end of those before it. */
	for (size_t i = 0; i < interface->n_routes; i++) {
		struct interface_route route = interface->routes[i];

		if (route.gateway.family != 0)
			continue;
		memmove(&interface->routes[n + 1], &interface->routes[n],
			(i - n) * sizeof(interface->routes[0]));
		interface->routes[n++] = route;
	}
}

int interface_read(struct arena *arena, const char *name, struct interface *ret, struct error *err)
{
	struct interface interface = { 0 };
	auto_close int fd = FD_NONE;
	int r = rtnetlink_open(&fd, err);

	(void)snprintf(interface.name, sizeof(interface.name), "%s", name);
	interface.addresses = arena_array(arena, MAX_OBJECTS, struct interface_address);
	interface.routes = arena_array(arena, MAX_OBJECTS, struct interface_route);
	if (r == 0 && (interface.addresses == NULL || interface.routes == NULL))
		return error_set(err, ENOMEM, "looking at the interface %s: out of memory", name);
	if (r == 0)
		r = find_index(name, &interface.index, err);
	if (r == 0)
		r = read_objects(fd, RTM_GETLINK, &interface, on_link, err);
	if (r == 0)
		r = read_objects(fd, RTM_GETADDR, &interface, on_address, err);
	if (r == 0)
		r = read_objects(fd, RTM_GETROUTE, &interface, on_route, err);
	if (r < 0)
		return error_prefix(err, "looking at the interface %s", name);
	sort_routes(&interface);
	*ret = interface;
	return 0;
}

static int ask(struct rtnetlink_message *message, const char *what, const char *name,
	       struct error *err)
{
	auto_close int fd = FD_NONE;
	int r = rtnetlink_open(&fd, err);

	if (r == 0)
		r = rtnetlink_ask(fd, message, err);
	return r < 0 ? error_prefix(err, "%s %s", what, name) : 0;
}

int interface_start(const struct interface *interface, struct error *err)
{
	struct ifinfomsg header = { .ifi_flags = IFF_UP | (interface->no_arp ? IFF_NOARP : 0),
				    .ifi_change = IFF_UP | IFF_NOARP };
	struct rtnetlink_message message;
	unsigned index = 0;
	int r = find_index(interface->name, &index, err);

	if (r < 0)
		return r;
	header.ifi_index = (int)index;
	rtnetlink_begin(&message, RTM_NEWLINK, 0, &header, sizeof(header));
	rtnetlink_put(&message, IFLA_ADDRESS, interface->mac, INTERFACE_MAC_BYTES);
	if (interface->mtu > 0)
		rtnetlink_put(&message, IFLA_MTU, &interface->mtu, sizeof(interface->mtu));
	return ask(&message, "starting the interface", interface->name, err);
}

int interface_add_address(const char *name, const struct interface_address *address,
			  struct error *err)
{
	const uint32_t flags =
	    IFA_F_NOPREFIXROUTE | IFA_F_PERMANENT | (address->family == AF_INET6 ? IFA_F_NODAD : 0);
	struct ifaddrmsg header = { .ifa_family = (unsigned char)address->family,
				    .ifa_prefixlen = (unsigned char)address->length };
	struct rtnetlink_message message;
	int r = find_index(name, &header.ifa_index, err);

	if (r < 0)
		return r;
	rtnetlink_begin(&message, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, &header,
			sizeof(header));
	rtnetlink_put(&message, IFA_LOCAL, address->bytes, family_bytes(address->family));
	rtnetlink_put(&message, IFA_ADDRESS, address->bytes, family_bytes(address->family));
	rtnetlink_put(&message, IFA_FLAGS, &flags, sizeof(flags));
	return ask(&message, "giving an address to", name, err);
}

int interface_add_route(const char *name, const struct interface_route *route, struct error *err)
{
	size_t bytes = family_bytes(route->to.family);
	struct rtmsg header = { .rtm_family = (unsigned char)route->to.family,
				.rtm_dst_len = (unsigned char)route->to.length,
				.rtm_table = RT_TABLE_MAIN,
				.rtm_protocol = RTPROT_STATIC,
				.rtm_scope = (unsigned char)route->scope,
				.rtm_type = RTN_UNICAST };
	struct rtnetlink_message message;
	unsigned index = 0;
	int r = find_index(name, &index, err);

	if (r < 0)
		return r;
	rtnetlink_begin(&message, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_APPEND, &header,
			sizeof(header));
	if (route->to.length > 0)
		rtnetlink_put(&message, RTA_DST, route->to.bytes, bytes);
	if (route->gateway.family != 0)
		rtnetlink_put(&message, RTA_GATEWAY, route->gateway.bytes, bytes);
	if (route->source.family != 0)
		rtnetlink_put(&message, RTA_PREFSRC, route->source.bytes, bytes);
	if (route->metric != 0)
		rtnetlink_put(&message, RTA_PRIORITY, &route->metric, sizeof(route->metric));
	rtnetlink_put(&message, RTA_OIF, &index, sizeof(index));
	return ask(&message, "giving a route to", name, err);
}
