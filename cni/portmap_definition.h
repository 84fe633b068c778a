/* SPDX-License-Identifier: Apache-2.0 */
/*
 * portmap_definition.h - which ports of the host lead to which of a pod.
 *
 * Errors:     -EINVAL with the field named; -EOPNOTSUPP: a field of another implementation that
 *             would have no effect here.
 * Ownership:  the list belongs to the call's arena.
 */
#pragma once

#include "cni/firewall/firewall_element.h"
#include "cni/plugin/plugin_call.h"

struct portmap_definition {
	bool no_snat;                /* neither hairpin nor loopback: "snat": false */
	struct firewall_port *ports; /* each for each family of the pod's that it is for */
	size_t n_ports;
};

/* Addresses are those of call->previous. */
int portmap_definition_read(struct plugin_call *call, struct portmap_definition *ret,
			    struct error *err) MUST_CHECK;

/* Is it to be reached by the host's loopback address? */
bool portmap_is_for_loopback(const struct firewall_port *port);
