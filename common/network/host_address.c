/* SPDX-License-Identifier: Apache-2.0 */
#include "common/network/host_address.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>

static bool is_it(const struct sockaddr *address, int family, const unsigned char *bytes)
{
	struct sockaddr_in6 ipv6;
	struct sockaddr_in ipv4;

	if (address == NULL || address->sa_family != family)
		return false;
	if (family == AF_INET) {
		memcpy(&ipv4, address, sizeof(ipv4));
		return memcmp(&ipv4.sin_addr, bytes, sizeof(ipv4.sin_addr)) == 0;
	}
	memcpy(&ipv6, address, sizeof(ipv6));
	return memcmp(&ipv6.sin6_addr, bytes, sizeof(ipv6.sin6_addr)) == 0;
}

int host_address_is_there(int family, const unsigned char *bytes, bool *ret, struct error *err)
{
	struct ifaddrs *all = NULL;

	if (getifaddrs(&all) < 0)
		return error_from_errno(err, "reading the addresses of the host");
	*ret = false;
	for (const struct ifaddrs *one = all; one != NULL && !*ret; one = one->ifa_next)
		*ret = is_it(one->ifa_addr, family, bytes);
	freeifaddrs(all);
	return 0;
}
