/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host_bridge.h - a bridge of the host, shared by all pods of its networks.
 *
 * Errors:     -errno with err filled.
 */
#pragma once

#include "cni/netlink/link.h"
#include "common/cni/ip_address.h"

struct host_bridge_wish {
	const char *name;
	uint32_t mtu;
	bool promiscuous;
};

/*
 * Makes the bridge unless it is there; up it is in any case.  One of ours believes no router
 * advertisements and is in the group of pods' links; one that was there is left alone.
 */
int host_bridge_ensure(struct netlink_socket *socket, const struct host_bridge_wish *wish,
		       struct link *ret, struct error *err) MUST_CHECK;

/*
 * Sees to it that the bridge has the address.  -EADDRINUSE: it has another one (IPv6: of an
 * overlapping subnet), and force is false.
 */
int host_bridge_set_address(struct netlink_socket *socket, const struct link *bridge,
			    const struct ip_prefix *address, bool force,
			    struct error *err) MUST_CHECK;
