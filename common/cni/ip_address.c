/* SPDX-License-Identifier: Apache-2.0 */
#include "common/cni/ip_address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/base/parse.h"

size_t ip_family_bytes(int family)
{
	if (family == AF_INET)
		return sizeof(struct in_addr);
	return family == AF_INET6 ? sizeof(struct in6_addr) : 0;
}

unsigned ip_family_bits(int family)
{
	return (unsigned)ip_family_bytes(family) * 8;
}

int ip_address_parse(const char *text, struct ip_address *ret)
{
	struct ip_address address = { .family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET };

	if (inet_pton(address.family, text, address.bytes) != 1)
		return -EINVAL;
	*ret = address;
	return 0;
}

int ip_prefix_parse(const char *text, struct ip_prefix *ret)
{
	const char *slash = strchr(text, '/');
	char address[INET6_ADDRSTRLEN];
	struct ip_prefix prefix;
	uint32_t length;

	if (slash == NULL || (size_t)(slash - text) >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, (size_t)(slash - text));
	address[slash - text] = '\0';
	if (ip_address_parse(address, &prefix.address) < 0 ||
	    parse_u32(slash + 1, ip_family_bits(prefix.address.family), &length) < 0)
		return -EINVAL;
	prefix.length = length;
	*ret = prefix;
	return 0;
}

const char *ip_address_text(const struct ip_address *address, char buffer[IP_PREFIX_TEXT_SIZE])
{
	if (address->family == AF_UNSPEC ||
	    inet_ntop(address->family, address->bytes, buffer, IP_PREFIX_TEXT_SIZE) == NULL)
		buffer[0] = '\0';
	return buffer;
}

const char *ip_prefix_text(const struct ip_prefix *prefix, char buffer[IP_PREFIX_TEXT_SIZE])
{
	size_t length = strlen(ip_address_text(&prefix->address, buffer));

	if (length > 0)
		(void)snprintf(buffer + length, IP_PREFIX_TEXT_SIZE - length, "/%u",
			       prefix->length);
	return buffer;
}

bool ip_address_equal(const struct ip_address *a, const struct ip_address *b)
{
	return a->family == b->family &&
	       memcmp(a->bytes, b->bytes, ip_family_bytes(a->family)) == 0;
}

struct ip_address ip_prefix_mask(const struct ip_prefix *prefix)
{
	struct ip_address mask = { .family = prefix->address.family };
	unsigned bits = prefix->length;

	for (size_t i = 0; i < ip_family_bytes(mask.family) && bits > 0; i++) {
		unsigned here = bits < 8 ? bits : 8;

		mask.bytes[i] = (unsigned char)(0xff00U >> here);
		bits -= here;
	}
	return mask;
}

struct ip_prefix ip_prefix_network(const struct ip_prefix *prefix)
{
	struct ip_address mask = ip_prefix_mask(prefix);
	struct ip_prefix network = *prefix;

	for (size_t i = 0; i < sizeof(mask.bytes); i++)
		network.address.bytes[i] &= mask.bytes[i];
	return network;
}

bool ip_prefix_contains(const struct ip_prefix *prefix, const struct ip_address *address)
{
	struct ip_prefix mine = ip_prefix_network(prefix);
	struct ip_prefix other = ip_prefix_network(&(struct ip_prefix){ *address, prefix->length });

	return address->family == prefix->address.family &&
	       ip_address_equal(&mine.address, &other.address);
}
