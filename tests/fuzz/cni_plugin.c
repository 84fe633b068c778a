/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text as what a runtime gives to one of our CNI plugins, and any bytes as attributes of a
 * message: addresses come from their subnets only, names can become no path.
 */
#include <stdlib.h>
#include <string.h>

#include "cni/bridge_definition.h"
#include "cni/lease/lease_definition.h"
#include "cni/netlink/netlink_batch.h"
#include "cni/portmap_definition.h"
#include "tests/fuzz/fuzz.h"

#define STEPS 600 /* of a walk: more than a few subnets have */

static void walk(const struct lease_range_set *set, const struct ip_address *after)
{
	const struct lease_range *range;
	struct ip_address address;
	struct lease_walk steps;

	lease_walk_begin(&steps, set, after);
	for (int i = 0; i < STEPS; i++) {
		range = lease_walk_next(&steps, &address);
		if (range == NULL)
			return;
		fuzz_check(ip_prefix_contains(&range->subnet, &address));
		fuzz_check(!ip_address_equal(&range->gateway, &address));
		fuzz_check(lease_range_of(set, &address) == range);
	}
}

static void read_parts(struct plugin_call *call)
{
	struct lease_definition lease = { 0 };
	struct bridge_definition bridge = { 0 };
	struct portmap_definition portmap = { 0 };
	struct error err = { 0 };
	int r = lease_definition_read(call, &lease, &err);

	fuzz_check((r < 0) == (err.code != 0));
	for (size_t i = 0; r == 0 && i < lease.n_sets; i++) {
		walk(&lease.sets[i], &lease.sets[i].ranges[0].last);
		walk(&lease.sets[i], &(struct ip_address){ 0 });
	}
	error_clear(&err);
	r = bridge_definition_read(call, &bridge, &err);
	fuzz_check((r < 0) == (err.code != 0));
	fuzz_check(r < 0 || (strchr(bridge.name, '/') == NULL && strlen(bridge.name) < IFNAMSIZ));
	error_clear(&err);
	r = portmap_definition_read(call, &portmap, &err);
	fuzz_check((r < 0) == (err.code != 0));
	for (size_t i = 0; r == 0 && i < portmap.n_ports; i++)
		fuzz_check(portmap.ports[i].host_port > 0 && portmap.ports[i].pod_port > 0);
}

static void read_call(const char *command, const char *text, size_t length)
{
	auto_arena struct arena arena = { 0 };
	struct plugin_call call = { .arena = &arena, .command = command };
	struct error err = { 0 };
	int r = plugin_call_read(&call, text, length, &err);

	fuzz_check((r < 0) == (err.code != 0));
	fuzz_check(call.code != 0);
	if (r < 0)
		return;
	fuzz_check(strchr(call.network, '/') == NULL && call.network[0] != '.');
	read_parts(&call);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const commands[] = { "ADD", "DEL", "CHECK", "GC", "STATUS" };
	const struct nlattr *found[16];

	if (setenv("CNI_CONTAINERID", "c", 1) != 0 || setenv("CNI_IFNAME", "eth0", 1) != 0 ||
	    setenv("CNI_NETNS", "/n", 1) != 0)
		return 0;
	for (size_t i = 0; i < ARRAY_LENGTH(commands); i++)
		read_call(commands[i], (const char *)data, size);
	netlink_parse(data, size, found, ARRAY_LENGTH(found));
	for (size_t i = 0; i < ARRAY_LENGTH(found); i++) {
		const char *text = found[i] != NULL ? netlink_string(found[i]) : NULL;

		fuzz_check(text == NULL || strlen(text) < size);
	}
	return 0;
}
