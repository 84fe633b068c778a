/* SPDX-License-Identifier: Apache-2.0 */
/*
 * forwarding.h - making the kernel pass on what pods send, and nothing else.
 *
 * Where the administrator lets the machine forward everything (net.ipv4.ip_forward=1,
 * net.ipv6.conf.all.forwarding=1) nothing is changed.  Otherwise only interfaces are
 * switched on one by one: the pod's, and those through which the machine reaches others, which
 * answers come back by.  The latter are listed in the set "uplinks" of our table: what comes
 * in there as something new is forwarded to pods only.
 *
 * IPv6:       Linux before 6.17 knows no such thing for one interface.  There everything is
 *             switched on, as other plugins do, with accept_ra=2 where it was 1, so that the
 *             machine keeps its own addresses.
 * Namespace:  the caller's.
 */
#pragma once

#include "cni/firewall/firewall.h"
#include "cni/netlink/link.h"

struct forwarding {
	struct netlink_socket *route;    /* of the host */
	struct netlink_socket *firewall; /* with our tables there already */
	const char *interface;           /* the host's end of the pod's link, or its bridge */
};

int forwarding_enable(const struct forwarding *forwarding, int family,
		      struct error *err) MUST_CHECK;

/*
 * No pod needs it any more: switches off what is in the set "uplinks" (which the caller removes).
 * What was on before there was a pod stays on.  *ret_is_needed: the set has something that is not
 * ours, so the table is to stay.
 */
int forwarding_withdraw(struct netlink_socket *firewall, bool *ret_is_needed,
			struct error *err) MUST_CHECK;
