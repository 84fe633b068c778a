/* SPDX-License-Identifier: Apache-2.0 */
#include "cni/lease/lease_definition.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/test.h"

/* Reads {"name": "n", members}; what plugin_call_read() finds wrong is a failure here as well. */
static int read_it(struct arena *arena, const char *members, struct lease_definition *ret,
		   struct error *err)
{
	struct plugin_call *call = arena_new(arena, struct plugin_call);
	char *text = arena_printf(arena, "{\"cniVersion\":\"1.0.0\",\"name\":\"n\",%s}", members);

	check_true(call != NULL && text != NULL);
	check_int(setenv("CNI_CONTAINERID", "c", 1) | setenv("CNI_IFNAME", "eth0", 1), 0);
	check_int(setenv("CNI_NETNS", "/n", 1), 0);
	call->arena = arena;
	call->command = "ADD";
	check_ok(plugin_call_read(call, text, strlen(text), err), err);
	return lease_definition_read(call, ret, err);
}

static void check_refused(const char *members, const char *why)
{
	auto_arena struct arena arena = { 0 };
	struct lease_definition definition;
	struct error err = { 0 };

	check_int(read_it(&arena, members, &definition, &err), -EINVAL);
	check_contains(err.text, why);
}

TEST(the_old_form_is_one_set_of_one_range)
{
	auto_arena struct arena arena = { 0 };
	struct lease_definition definition;
	struct error err = { 0 };

	check_ok(read_it(&arena,
			 "\"ipam\":{\"type\":\"host-local\",\"subnet\":\"10.1.0.0/16\","
			 "\"routes\":[{\"dst\":\"0.0.0.0/0\"},{\"dst\":\"10.9.0.0/"
			 "16\",\"gw\":\"10.1.0.9\"}]}",
			 &definition, &err),
		 &err);
	check_uint(definition.n_sets, 1);
	check_uint(definition.sets[0].n, 1);
	check_text(definition.directory, LEASE_DEFAULT_DIRECTORY);
	check_uint(definition.routes.n_routes, 2);
	check_uint(definition.n_wanted, 0);
}

TEST(sets_of_the_runtime_are_before_the_old_form_and_ranges)
{
	auto_arena struct arena arena = { 0 };
	struct lease_definition definition;
	struct error err = { 0 };
	static const char *const want[] = { "10.3.0.0/16", "10.1.0.0/16", "10.2.0.0/16",
					    "fd00::/64" };
	char text[IP_PREFIX_TEXT_SIZE];

	check_ok(read_it(&arena,
			 "\"ipam\":{\"subnet\":\"10.1.0.0/16\",\"dataDir\":\"/data\",\"ranges\":"
			 "[[{\"subnet\":\"10.2.0.0/16\"}],[{\"subnet\":\"fd00::/64\"}]]},"
			 "\"runtimeConfig\":{\"ipRanges\":[[{\"subnet\":\"10.3.0.0/16\"}]]}",
			 &definition, &err),
		 &err);
	check_uint(definition.n_sets, 4);
	for (size_t i = 0; i < 4; i++)
		check_text(ip_prefix_text(&definition.sets[i].ranges[0].subnet, text), want[i]);
	check_text(definition.directory, "/data");
}

TEST(addresses_are_asked_for_in_three_places)
{
	auto_arena struct arena arena = { 0 };
	struct lease_definition definition;
	struct error err = { 0 };

	check_int(setenv("CNI_ARGS", "IgnoreUnknown=1;IP=10.1.0.5;K=V", 1), 0);
	check_ok(
	    read_it(
		&arena,
		"\"ipam\":{\"subnet\":\"10.1.0.0/16\"},\"args\":{\"cni\":{\"ips\":[\"10.1.0.6\"]}},"
		"\"runtimeConfig\":{\"ips\":[\"10.1.0.7/16\"]}",
		&definition, &err),
	    &err);
	check_uint(definition.n_wanted, 3);
	for (size_t i = 0; i < 3; i++)
		check_int(definition.wanted[i].bytes[3], (int)(5 + i));
}

TEST(what_makes_no_sense_is_refused_by_name)
{
	check_refused("\"x\":1", "ipam: missing");
	check_refused("\"ipam\":7", "ipam: expected an object");
	check_refused("\"ipam\":{}", "ipam: no subnet and no ranges");
	check_refused("\"ipam\":{\"subnet\":\"10.1.0.0\"}", "ipam.subnet: \"10.1.0.0\"");
	check_refused("\"ipam\":{\"subnet\":\"10.1.2.3/16\"}", "the network is 10.1.0.0/16");
	check_refused("\"ipam\":{\"ranges\":[[]]}", "ipam.ranges[0]: 0 ranges");
	check_refused("\"ipam\":{\"ranges\":[[{}]]}", "ipam.ranges[0][0]: subnet: missing");
	check_refused("\"ipam\":{\"subnet\":\"10.1.0.0/16\",\"dataDir\":\"var\"}", "ipam.dataDir");
	check_refused(
	    "\"ipam\":{\"subnet\":\"10.1.0.0/16\",\"ranges\":[[{\"subnet\":\"10.1.2.0/24\"}]]}",
	    "set of ranges 1 overlaps set 0");
	check_refused("\"ipam\":{\"subnet\":\"10.1.0.0/16\"},\"args\":{\"cni\":{\"ips\":[\"x\"]}}",
		      "args.cni.ips: \"x\" is no IP address");
	check_refused("\"ipam\":{\"subnet\":\"10.1.0.0/16\",\"routes\":[{\"dst\":\"all\"}]}",
		      "routes[0].dst");
	check_int(setenv("CNI_ARGS", "IP=10.1.0.5/16", 1), 0);
	check_refused("\"ipam\":{\"subnet\":\"10.1.0.0/16\"}", "CNI_ARGS: IP: \"10.1.0.5/16\"");
}
