/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/guest/network_orders.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "common/base/cleanup.h"
#include "common/base/parse.h"
#include "common/cni/ip_address.h"
#include "common/network/interface.h"

static int rename_card(const char *from, const char *to, struct error *err)
{
	auto_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = { 0 };

	if (strcmp(from, to) == 0)
		return 0;
	(void)snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", from);
	(void)snprintf(request.ifr_newname, sizeof(request.ifr_newname), "%s", to);
	if (fd < 0 || ioctl(fd, SIOCSIFNAME, &request) < 0)
		return error_from_errno(err, "naming the network card %s %s", from, to);
	return 0;
}

int order_link(char *const words[], size_t n, struct error *err)
{
	struct interface interface = { 0 };
	struct ether_addr mac;
	int r;

	if (n != 6 || ether_aton_r(words[3], &mac) == NULL ||
	    parse_u32(words[4], UINT32_MAX, &interface.mtu) < 0)
		return error_set(err, EPROTO, "link: CARD NAME MAC MTU arp|noarp");
	(void)snprintf(interface.name, sizeof(interface.name), "%s", words[2]);
	memcpy(interface.mac, mac.ether_addr_octet, sizeof(interface.mac));
	interface.no_arp = strcmp(words[5], "noarp") == 0;
	r = rename_card(words[1], words[2], err);
	return r < 0 ? r : interface_start(&interface, err);
}

static struct interface_address from_ip(const struct ip_address *ip, unsigned length)
{
	struct interface_address address = { .family = ip->family, .length = length };

	memcpy(address.bytes, ip->bytes, sizeof(address.bytes));
	return address;
}

/* "-": *ret is left as it is. */
static int parse_address(const char *text, struct interface_address *ret)
{
	struct ip_address ip;

	if (strcmp(text, "-") == 0)
		return 0;
	if (ip_address_parse(text, &ip) < 0)
		return -EINVAL;
	*ret = from_ip(&ip, 0);
	return 0;
}

static int parse_prefix(const char *text, struct interface_address *ret)
{
	struct ip_prefix prefix;

	if (ip_prefix_parse(text, &prefix) < 0)
		return -EINVAL;
	*ret = from_ip(&prefix.address, prefix.length);
	return 0;
}

int order_address(char *const words[], size_t n, struct error *err)
{
	struct interface_address address;

	if (n != 3 || parse_prefix(words[2], &address) < 0)
		return error_set(err, EPROTO, "address: NAME ADDRESS/LENGTH");
	return interface_add_address(words[1], &address, err);
}

int order_route(char *const words[], size_t n, struct error *err)
{
	struct interface_route route = { 0 };
	uint32_t scope;

	if (n != 7 || parse_prefix(words[2], &route.to) < 0 ||
	    parse_address(words[3], &route.gateway) < 0 ||
	    parse_address(words[4], &route.source) < 0 || parse_u32(words[5], 255, &scope) < 0 ||
	    parse_u32(words[6], UINT32_MAX, &route.metric) < 0)
		return error_set(err, EPROTO, "route: NAME TO GATEWAY SOURCE SCOPE METRIC");
	route.scope = scope;
	return interface_add_route(words[1], &route, err);
}
