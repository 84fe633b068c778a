/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bridge_definition.h - what a network's definition says to the plugin bridge.
 *
 * Errors:     -EINVAL with the field named; -EOPNOTSUPP: a field of another implementation that
 *             would have no effect here.
 */
#pragma once

#include "cni/netlink/link.h"
#include "cni/plugin/plugin_call.h"

struct bridge_definition {
	const char *name;
	bool is_gateway;
	bool is_default_gateway;
	bool force_address;
	bool masquerade;
	bool hairpin;
	bool promiscuous;
	bool isolated;
	uint32_t mtu;
	bool has_mac; /* of the pod's end */
	unsigned char mac[LINK_MAC_BYTES];
};

int bridge_definition_read(struct plugin_call *call, struct bridge_definition *ret,
			   struct error *err) MUST_CHECK;
