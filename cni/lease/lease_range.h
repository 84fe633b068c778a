/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lease_range.h - from which addresses host-local takes the next.
 *
 * A range is what lies from first to last of one subnet, both included, without the gateway.
 * A pod gets one address of each set; a set is a list of ranges that are used up in turn.
 *
 * Pure: no system calls.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"
#include "common/cni/ip_address.h"

struct lease_range {
	struct ip_prefix subnet;
	struct ip_address first; /* this and the others: AF_UNSPEC before lease_range_complete() */
	struct ip_address last;
	struct ip_address gateway;
};

struct lease_range_set {
	struct lease_range *ranges;
	size_t n;
};

/*
 * Fills in what was left out (gateway: the subnet's first address; first: the same; last: the last
 * but the broadcast address) and checks the whole.  -EINVAL: says what is wrong with it.
 */
int lease_range_complete(struct lease_range *range, struct error *err) MUST_CHECK;

/* All ranges of one family, and none overlaps another.  -EINVAL. */
int lease_range_set_check(const struct lease_range_set *set, struct error *err) MUST_CHECK;
bool lease_range_sets_overlap(const struct lease_range_set *a, const struct lease_range_set *b);

/* The range that an address is of; NULL: none. */
const struct lease_range *lease_range_of(const struct lease_range_set *set,
					 const struct ip_address *address);

/*
 * All addresses of a set once, starting with the one after "after" (AF_UNSPEC, or not of this
 * set: at the first of all):
 *
 *	lease_walk_begin(&walk, set, &after);
 *	while ((range = lease_walk_next(&walk, &address)) != NULL) …
 */
struct lease_walk {
	const struct lease_range_set *set; /* the members are the walk's own */
	size_t index;
	struct ip_address current;
	struct ip_address start; /* AF_UNSPEC until the first step */
};
void lease_walk_begin(struct lease_walk *walk, const struct lease_range_set *set,
		      const struct ip_address *after);
const struct lease_range *lease_walk_next(struct lease_walk *walk, struct ip_address *ret_address);
