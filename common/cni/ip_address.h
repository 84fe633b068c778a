/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ip_address.h - IPv4 and IPv6 addresses, alone and with a prefix length.
 *
 * Text:       what inet_pton(3) reads and inet_ntop(3) writes; a prefix is "ADDRESS/LENGTH".
 *             A zone ("fe80::1%eth0") is no part of an address.
 * Errors:     -EINVAL, with *ret untouched.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>

#include "common/base/error.h"

/* "/128" and the NUL behind the longest address. */
#define IP_PREFIX_TEXT_SIZE (INET6_ADDRSTRLEN + 4)

struct ip_address {
	int family;              /* AF_INET, AF_INET6; AF_UNSPEC (0): no address */
	unsigned char bytes[16]; /* network order; IPv4: the first four, the others 0 */
};

struct ip_prefix {
	struct ip_address address; /* its host bits may be set: "10.1.2.3/24" */
	unsigned length;           /* bits */
};

int ip_address_parse(const char *text, struct ip_address *ret) MUST_CHECK;

/* "ADDRESS/LENGTH"; the length must be there. */
int ip_prefix_parse(const char *text, struct ip_prefix *ret) MUST_CHECK;

/* Bytes and bits of an address of that family: 4 and 32, 16 and 128; 0 for AF_UNSPEC. */
size_t ip_family_bytes(int family);
unsigned ip_family_bits(int family);

/* The text of an address; "" for none.  Returns buffer. */
const char *ip_address_text(const struct ip_address *address, char buffer[IP_PREFIX_TEXT_SIZE]);
const char *ip_prefix_text(const struct ip_prefix *prefix, char buffer[IP_PREFIX_TEXT_SIZE]);

bool ip_address_equal(const struct ip_address *a, const struct ip_address *b);

/* Is address of prefix's family and below its network? */
bool ip_prefix_contains(const struct ip_prefix *prefix, const struct ip_address *address);

/* The prefix with its host bits cleared, and the mask: 255.255.255.0 of a /24. */
struct ip_prefix ip_prefix_network(const struct ip_prefix *prefix);
struct ip_address ip_prefix_mask(const struct ip_prefix *prefix);
