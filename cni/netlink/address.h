/* SPDX-License-Identifier: Apache-2.0 */
/*
 * address.h - addresses and routes of interfaces.
 *
 * Functions that take a batch append one message to it; the caller sends it.
 */
#pragma once

#include <stdbool.h>

#include "cni/netlink/netlink_socket.h"
#include "common/cni/ip_address.h"

/*
 * Without the route that the kernel would make of the prefix when with_route is false.  IPv6:
 * usable at once, nobody is asked whether it is taken; those who give addresses see to that.
 */
void address_add(struct netlink_batch *batch, uint32_t link, const struct ip_prefix *prefix,
		 bool with_route);

void address_delete(struct netlink_batch *batch, uint32_t link, const struct ip_prefix *prefix);

/*
 * All addresses of IPv4 that the interface has, whatever they are.  With the last one goes every
 * route by the interface; before, those stay that have the scope of a host.
 */
int address_delete_all_ipv4(struct netlink_socket *socket, uint32_t link,
			    struct error *err) MUST_CHECK;

struct route {
	uint32_t link;
	struct ip_prefix to;
	struct ip_address via;    /* AF_UNSPEC: directly */
	struct ip_address source; /* address to send from; AF_UNSPEC: the kernel's choice */
	uint8_t scope;            /* RT_SCOPE_… */
	uint32_t mtu;             /* this and the next: 0: not given */
	uint32_t advertised_mss;
	uint32_t priority;
	uint32_t table;
	bool replace; /* what leads there already */
};

/* -EEXIST: there is such a route already. */
void route_add(struct netlink_batch *batch, const struct route *route);

/* Does the interface have the address, with this prefix length? */
int address_exists(struct netlink_socket *socket, uint32_t link, const struct ip_prefix *prefix,
		   bool *ret_exists, struct error *err) MUST_CHECK;

#define ADDRESS_LIST_MAX 128

struct address_list {
	struct ip_prefix items[ADDRESS_LIST_MAX]; /* more are left out */
	size_t n;
};

/* The addresses of an interface.  family: AF_UNSPEC for both, which waits for whoever changes
 * links. */
int address_list(struct netlink_socket *socket, uint32_t link, int family, struct address_list *ret,
		 struct error *err) MUST_CHECK;

/* Is there a route to this prefix via this gateway (AF_UNSPEC: any), in table (0: main)? */
int route_exists(struct netlink_socket *socket, const struct route *route, bool *ret_exists,
		 struct error *err) MUST_CHECK;

/* How the namespace would send to an address. */
struct route_lookup {
	uint32_t link;
	struct ip_address source;
};
int route_to(struct netlink_socket *socket, const struct ip_address *address,
	     struct route_lookup *ret, struct error *err) MUST_CHECK;

#define ROUTE_UPLINKS_MAX 64

struct route_uplinks {
	uint32_t links[ROUTE_UPLINKS_MAX]; /* more are left out */
	size_t n;
};

/*
 * Interfaces by which the machine reaches others: those of all routes but to single addresses,
 * which are what pods have.
 */
int route_uplinks(struct netlink_socket *socket, int family, struct route_uplinks *ret,
		  struct error *err) MUST_CHECK;
