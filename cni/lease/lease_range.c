/* SPDX-License-Identifier: Apache-2.0 */
#include "cni/lease/lease_range.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* Of one family. */
static int compare(const struct ip_address *a, const struct ip_address *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

static struct ip_address step(const struct ip_address *address, int by)
{
	struct ip_address next = *address;

	for (size_t i = ip_family_bytes(address->family); i-- > 0;) {
		next.bytes[i] = (unsigned char)(next.bytes[i] + by);
		if (next.bytes[i] != (by > 0 ? 0 : 0xff))
			break; /* nothing to carry */
	}
	return next;
}

static struct ip_address last_of(const struct ip_prefix *subnet)
{
	struct ip_address mask = ip_prefix_mask(subnet), last = subnet->address;

	for (size_t i = 0; i < ip_family_bytes(last.family); i++)
		last.bytes[i] |= (unsigned char)~mask.bytes[i];
	return last.family == AF_INET ? step(&last, -1) : last;
}

static bool is_between(const struct lease_range *range, const struct ip_address *address)
{
	return address->family == range->subnet.address.family &&
	       compare(address, &range->first) >= 0 && compare(address, &range->last) <= 0;
}

static int check_inside(const struct lease_range *range, const struct ip_address *address,
			const char *what, struct error *err)
{
	char text[IP_PREFIX_TEXT_SIZE], subnet[IP_PREFIX_TEXT_SIZE];

	if (ip_prefix_contains(&range->subnet, address))
		return 0;
	return error_set(err, EINVAL, "%s: %s is not in the subnet %s", what,
			 ip_address_text(address, text), ip_prefix_text(&range->subnet, subnet));
}

/* It need not be inside: routers of IPv6 are found at fe80::1. */
static int check_gateway(const struct lease_range *range, struct error *err)
{
	char text[IP_PREFIX_TEXT_SIZE], subnet[IP_PREFIX_TEXT_SIZE];

	if (range->gateway.family == range->subnet.address.family)
		return 0;
	return error_set(err, EINVAL, "gateway: %s is no address for the subnet %s",
			 ip_address_text(&range->gateway, text),
			 ip_prefix_text(&range->subnet, subnet));
}

static int check_subnet(const struct ip_prefix *subnet, struct error *err)
{
	struct ip_prefix network = ip_prefix_network(subnet);
	char text[IP_PREFIX_TEXT_SIZE], right[IP_PREFIX_TEXT_SIZE];

	if (subnet->length + 2 > ip_family_bits(subnet->address.family))
		return error_set(err, EINVAL, "subnet: %s has no addresses to give away",
				 ip_prefix_text(subnet, text));
	if (!ip_address_equal(&network.address, &subnet->address))
		return error_set(err, EINVAL, "subnet: %s is an address; the network is %s",
				 ip_prefix_text(subnet, text), ip_prefix_text(&network, right));
	return 0;
}

int lease_range_complete(struct lease_range *range, struct error *err)
{
	char first[IP_PREFIX_TEXT_SIZE], last[IP_PREFIX_TEXT_SIZE];
	int r = check_subnet(&range->subnet, err);

	if (r < 0)
		return r;
	if (range->gateway.family == AF_UNSPEC)
		range->gateway = step(&range->subnet.address, 1);
	if (range->first.family == AF_UNSPEC)
		range->first = step(&range->subnet.address, 1);
	if (range->last.family == AF_UNSPEC)
		range->last = last_of(&range->subnet);
	r = check_gateway(range, err);
	if (r == 0)
		r = check_inside(range, &range->first, "rangeStart", err);
	if (r == 0)
		r = check_inside(range, &range->last, "rangeEnd", err);
	if (r == 0 && compare(&range->first, &range->last) > 0)
		r = error_set(err, EINVAL, "rangeStart: %s is behind rangeEnd %s",
			      ip_address_text(&range->first, first),
			      ip_address_text(&range->last, last));
	return r;
}

static bool ranges_overlap(const struct lease_range *a, const struct lease_range *b)
{
	return is_between(a, &b->first) || is_between(b, &a->first);
}

int lease_range_set_check(const struct lease_range_set *set, struct error *err)
{
	for (size_t i = 0; i < set->n; i++) {
		if (set->ranges[i].subnet.address.family != set->ranges[0].subnet.address.family)
			return error_set(err, EINVAL, "IPv4 and IPv6 in one set of ranges");
		for (size_t k = 0; k < i; k++)
			if (ranges_overlap(&set->ranges[i], &set->ranges[k]))
				return error_set(err, EINVAL, "range %zu overlaps range %zu", i, k);
	}
	return 0;
}

bool lease_range_sets_overlap(const struct lease_range_set *a, const struct lease_range_set *b)
{
	for (size_t i = 0; i < a->n; i++)
		for (size_t k = 0; k < b->n; k++)
			if (ranges_overlap(&a->ranges[i], &b->ranges[k]))
				return true;
	return false;
}

const struct lease_range *lease_range_of(const struct lease_range_set *set,
					 const struct ip_address *address)
{
	for (size_t i = 0; i < set->n; i++)
		if (is_between(&set->ranges[i], address))
			return &set->ranges[i];
	return NULL;
}

void lease_walk_begin(struct lease_walk *walk, const struct lease_range_set *set,
		      const struct ip_address *after)
{
	const struct lease_range *range = lease_range_of(set, after);

	*walk = (struct lease_walk){ .set = set };
	if (range != NULL) {
		walk->index = (size_t)(range - set->ranges);
		walk->current = *after;
	}
}

/* The next of all, round and round. */
static void advance(struct lease_walk *walk)
{
	const struct lease_range *range = &walk->set->ranges[walk->index];

	if (walk->current.family == AF_UNSPEC) {
		walk->current = range->first;
	} else if (ip_address_equal(&walk->current, &range->last)) {
		walk->index = (walk->index + 1) % walk->set->n;
		walk->current = walk->set->ranges[walk->index].first;
	} else {
		walk->current = step(&walk->current, 1);
	}
}

const struct lease_range *lease_walk_next(struct lease_walk *walk, struct ip_address *ret_address)
{
	for (;;) {
		const struct lease_range *range;

		advance(walk);
		if (ip_address_equal(&walk->current, &walk->start))
			return NULL;
		if (walk->start.family == AF_UNSPEC)
			walk->start = walk->current;
		range = &walk->set->ranges[walk->index];
		if (ip_address_equal(&walk->current, &range->gateway))
			continue;
		*ret_address = walk->current;
		return range;
	}
}
