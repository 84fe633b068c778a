/* SPDX-License-Identifier: Apache-2.0 */
/*
 * interface.h - what the kernel knows of a network interface, read and told.
 *
 * Reading it in one network namespace and telling it in another, of another kernel even, moves
 * the interface's configuration there.
 *
 * Order:      routes without a gateway come first, since the others need them.
 * Left out:   what every kernel makes itself: link-local addresses and routes of IPv6, and the
 *             table "local".
 * Errors:     -errno, err filled and naming the interface.  -ENODEV: there is none of the name.
 * Processes:  acts on the caller's network namespace.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/error.h"

#define INTERFACE_NAME_SIZE 16
#define INTERFACE_MAC_BYTES 6

struct interface_address {
	int family; /* AF_INET, AF_INET6; 0: none */
	unsigned char bytes[16];
	unsigned length; /* of the prefix, bits */
};

struct interface_route {
	struct interface_address to; /* length 0: everything */
	struct interface_address gateway, source;
	unsigned scope;  /* RT_SCOPE_… */
	uint32_t metric; /* 0: none */
};

struct interface {
	char name[INTERFACE_NAME_SIZE];
	unsigned index;
	unsigned char mac[INTERFACE_MAC_BYTES];
	uint32_t mtu;     /* bytes */
	bool is_ethernet; /* its frames are of that kind */
	bool no_arp;      /* nobody is asked for hardware addresses: ipvlan in mode l3 */
	bool is_l3s;      /* ipvlan in mode l3s: what is sent to it arrives without coming by it */
	struct interface_address *addresses;
	size_t n_addresses;
	struct interface_route *routes;
	size_t n_routes;
};

int interface_read(struct arena *arena, const char *name, struct interface *ret,
		   struct error *err) MUST_CHECK;

/* Gives it mac, mtu (0: as it is) and no_arp.  It must be down; it is up afterwards. */
int interface_start(const struct interface *interface, struct error *err) MUST_CHECK;

/* The address only: no route to its network. */
int interface_add_address(const char *name, const struct interface_address *address,
			  struct error *err) MUST_CHECK;
int interface_add_route(const char *name, const struct interface_route *route,
			struct error *err) MUST_CHECK;
