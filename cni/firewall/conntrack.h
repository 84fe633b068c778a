/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conntrack.h - flows that the kernel remembers from before a port was forwarded.
 *
 * A flow is led where its first packet was.  UDP has no connections that would end: a client that
 * keeps asking would go on being led to the host, or to the pod that had the port before.
 *
 * Errors:     -errno with err filled.
 */
#pragma once

#include "cni/firewall/firewall_element.h"

/* Forgets flows of UDP to these ports of the host. */
int conntrack_forget_udp(const struct firewall_port *ports, size_t n, struct error *err) MUST_CHECK;
