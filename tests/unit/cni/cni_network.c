/* SPDX-License-Identifier: Apache-2.0 */
#include "common/cni/cni_network.h"

#include <errno.h>

#include "common/base/cleanup.h"
#include "tests/unit/test.h"

static int parse(struct arena *arena, const char *text, bool is_list, struct cni_network *ret,
		 struct error *err)
{
	const struct cni_source source = {
		.text = text, .length = strlen(text), .place = "10-a.conf", .is_list = is_list
	};

	return cni_network_parse(arena, &source, ret, err);
}

static const char chain[] =
    "{\"cniVersion\":\"1.0.0\",\"name\":\"a\",\"disableCheck\":\"true\",\"plugins\":["
    "{\"type\":\"bridge\",\"name\":\"other\",\"ipMasq\":true,\"ipam\":{\"type\":\"host-local\"}},"
    "{\"type\":\"portmap\",\"capabilities\":{\"portMappings\":true,\"x\":1},\"snat\":true}]}";

TEST(a_single_plugin_is_a_chain_of_one)
{
	auto_arena struct arena arena = { 0 };
	struct cni_network network;
	struct error err = { 0 };

	check_ok(parse(&arena,
		       "{\"name\":\"default\",\"type\":\"ptp\",\"ipMasq\":true,\"mtu\":1400}",
		       false, &network, &err),
		 &err);
	check_text(network.name, "default");
	check_int((int)network.version, CNI_0_1_0);
	check_uint(network.n_plugins, 1);
	check_text(network.plugins[0].type, "ptp");
	check_true(network.plugins[0].masquerades);
	check_true(!cni_network_maps_ports(&network));
}

TEST(a_plugin_of_a_chain_gets_the_names_of_the_chain)
{
	const struct cni_port_mapping ports[] = {
		{ .host_port = 8080, .container_port = 80, .host_ip = "127.0.0.1" },
		{ .host_port = 53, .container_port = 53, .udp = true },
	};
	auto_arena struct arena arena = { 0 };
	auto_text struct text first = { 0 }, second = { 0 };
	struct cni_network network;
	struct error err = { 0 };
	struct cni_request request = { .network = &network, .ports = ports, .n_ports = 2 };

	check_ok(parse(&arena, chain, true, &network, &err), &err);
	check_true(network.disable_check);
	check_true(!network.disable_gc);
	check_true(cni_network_maps_ports(&network));
	request.plugin = &network.plugins[0];
	check_int(cni_request_write(&request, &first), 0);
	check_text(text_string(&first),
		   "{\"cniVersion\":\"1.0.0\",\"name\":\"a\",\"type\":\"bridge\",\"ipMasq\":true,"
		   "\"ipam\":{\"type\":\"host-local\"}}");
	request.plugin = &network.plugins[1];
	request.previous = "{\"ips\":[]}";
	check_int(cni_request_write(&request, &second), 0);
	check_text(text_string(&second),
		   "{\"cniVersion\":\"1.0.0\",\"name\":\"a\",\"type\":\"portmap\",\"snat\":true,"
		   "\"runtimeConfig\":{\"portMappings\":[{\"hostPort\":8080,\"containerPort\":80,"
		   "\"protocol\":\"tcp\",\"hostIP\":\"127.0.0.1\"},{\"hostPort\":53,"
		   "\"containerPort\":53,\"protocol\":\"udp\"}]},\"prevResult\":{\"ips\":[]}}");
}

TEST(who_collects_is_told_what_is_valid_and_nothing_of_the_definition_counts_for_that)
{
	auto_arena struct arena arena = { 0 };
	auto_text struct text text = { 0 };
	struct cni_network network;
	struct error err = { 0 };
	struct cni_request request = { .network = &network,
				       .valid = "[{\"containerID\":\"c\",\"ifname\":\"eth0\"}]" };

	check_ok(parse(&arena,
		       "{\"cniVersion\":\"1.1.0\",\"name\":\"a\",\"disableGC\":true,\"plugins\":["
		       "{\"type\":\"ptp\",\"cni.dev/valid-attachments\":[]}]}",
		       true, &network, &err),
		 &err);
	check_true(network.disable_gc);
	request.plugin = &network.plugins[0];
	check_int(cni_request_write(&request, &text), 0);
	check_text(text_string(&text),
		   "{\"cniVersion\":\"1.1.0\",\"name\":\"a\",\"type\":\"ptp\","
		   "\"cni.dev/valid-attachments\":[{\"containerID\":\"c\",\"ifname\":\"eth0\"}]}");
}

TEST(the_newest_version_both_know_is_taken)
{
	const struct {
		const char *versions;
		enum cni_version version;
	} cases[] = {
		{ "\"cniVersion\":\"0.4.0\"", CNI_0_4_0 },
		{ "\"cniVersions\":[\"0.4.0\",\"1.0.0\",\"7.0.0\"]", CNI_1_0_0 },
		{ "\"cniVersion\":\"1.1.0\",\"cniVersions\":[\"0.3.1\"]", CNI_1_1_0 },
		{ "\"cniVersion\":\"9.0.0\",\"cniVersions\":[\"0.3.1\"]", CNI_0_3_1 },
		{ "\"cniVersion\":null", CNI_0_1_0 },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		auto_arena struct arena arena = { 0 };
		struct cni_network network;
		struct error err = { 0 };
		const char *text =
		    arena_printf(&arena, "{%s,\"name\":\"a\",\"type\":\"ptp\"}", cases[i].versions);

		check_ok(parse(&arena, text, false, &network, &err), &err);
		check_int((int)network.version, (int)cases[i].version);
	}
}

TEST(what_is_wrong_is_named_with_its_file)
{
	const struct {
		const char *text, *message;
		bool is_list;
		int r;
	} cases[] = {
		{ "{\"name\":\"a\",", "10-a.conf: line 1", false, -EINVAL },
		{ "{\"name\":\"a\"}", "10-a.conf: type: missing", false, -EINVAL },
		{ "{\"type\":\"ptp\"}", "10-a.conf: name: missing", false, -EINVAL },
		{ "{\"name\":\"a/b\",\"type\":\"ptp\"}",
		  "10-a.conf: name: \"a/b\": no name of a network", false, -EINVAL },
		{ "{\"name\":\"a\",\"type\":\"../ptp\"}",
		  "10-a.conf: type: \"../ptp\": no name of a plugin", false, -EINVAL },
		{ "{\"name\":\"a\",\"type\":\"/bin/sh\"}", "a path cannot be given", false,
		  -EINVAL },
		{ "{\"name\":\"a\",\"type\":\"..\"}", "no name of a plugin", false, -EINVAL },
		{ "{\"name\":\"a\",\"type\":\"ptp\",\"ipam\":{\"type\":\"x/y\"}}",
		  "10-a.conf: ipam.type: \"x/y\": no name of a plugin", false, -EINVAL },
		{ "{\"name\":\"a\",\"type\":\"ptp\",\"cniVersion\":\"3.0.0\"}",
		  "10-a.conf: cniVersion: \"3.0.0\": no version known here", false,
		  -EPROTONOSUPPORT },
		{ "{\"name\":\"a\",\"plugins\":[]}", "10-a.conf: plugins: empty", true, -EINVAL },
		{ "{\"name\":\"a\",\"type\":\"ptp\"}", "10-a.conf: plugins: missing", true,
		  -EINVAL },
		{ "{\"name\":\"a\",\"plugins\":[{\"type\":\"ptp\"},{}]}",
		  "10-a.conf: plugins[1].type: missing", true, -EINVAL },
		{ "[]", "10-a.conf: expected an object, got an array", false, -EINVAL },
		{ "{\"name\":\"a\",\"disableCheck\":\"maybe\",\"plugins\":[]}",
		  "10-a.conf: disableCheck: expected true or false", true, -EINVAL },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		auto_arena struct arena arena = { 0 };
		struct cni_network network = { .n_plugins = 99 };
		struct error err = { 0 };

		check_int(parse(&arena, cases[i].text, cases[i].is_list, &network, &err),
			  cases[i].r);
		check_contains(err.text, cases[i].message);
		check_int(err.code, -cases[i].r);
		check_uint(network.n_plugins, 99);
	}
}
