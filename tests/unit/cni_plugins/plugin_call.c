/* SPDX-License-Identifier: Apache-2.0 */
#include "cni/plugin/plugin_call.h"

#include <errno.h>
#include <stdlib.h>

#include "tests/unit/test.h"

static void set_environment(const char *container, const char *interface, const char *netns)
{
	check_int(setenv("CNI_CONTAINERID", container, 1), 0);
	check_int(setenv("CNI_IFNAME", interface, 1), 0);
	check_int(setenv("CNI_NETNS", netns, 1), 0);
}

static int read_it(struct arena *arena, const char *command, const char *text,
		   struct plugin_call *call, struct error *err)
{
	*call = (struct plugin_call){ .arena = arena, .command = command };
	return plugin_call_read(call, text, strlen(text), err);
}

static void check_refused(const char *command, const char *text, uint32_t code, const char *why)
{
	auto_arena struct arena arena = { 0 };
	struct plugin_call call;
	struct error err = { 0 };

	check_true(read_it(&arena, command, text, &call, &err) < 0);
	check_contains(err.text, why);
	check_uint(call.code, code);
}

TEST(a_good_call_is_read)
{
	auto_arena struct arena arena = { 0 };
	struct plugin_call call;
	struct error err = { 0 };

	set_environment("c.1_2-3", "eth0", "/proc/1/ns/net");
	check_int(setenv("CNI_ARGS", "A=1;IP=10.0.0.1;IPX=2;B", 1), 0);
	check_ok(read_it(&arena, "ADD",
			 "{\"cniVersion\":\"0.4.0\",\"name\":\"n\",\"type\":\"ptp\",\"dns\":{"
			 "\"nameservers\":"
			 "[\"1.1.1.1\"]},\"args\":{\"cni\":{\"mac\":\"x\"}}}",
			 &call, &err),
		 &err);
	check_int(call.version, CNI_0_4_0);
	check_text(call.network, "n");
	check_true(call.has_dns && !call.has_previous);
	check_text(plugin_argument(&call, "IP"), "10.0.0.1");
	check_text(plugin_argument(&call, "A"), "1");
	check_true(plugin_argument(&call, "B") == NULL && plugin_argument(&call, "P") == NULL);
	check_true(plugin_args_member(&call, "mac") != NULL);
	check_true(plugin_runtime_member(&call, "mac") == NULL);
}

TEST(names_that_could_be_paths_are_refused)
{
	static const char good[] = "{\"name\":\"n\"}";

	set_environment("../x", "eth0", "/n");
	check_refused("ADD", good, CNI_ERROR_ENVIRONMENT, "CNI_CONTAINERID");
	set_environment("c", "eth0/../x", "/n");
	check_refused("ADD", good, CNI_ERROR_ENVIRONMENT, "CNI_IFNAME");
	set_environment("c", "..", "/n");
	check_refused("ADD", good, CNI_ERROR_ENVIRONMENT, "CNI_IFNAME");
	set_environment("c", "an_interface_too_long", "/n");
	check_refused("ADD", good, CNI_ERROR_ENVIRONMENT, "CNI_IFNAME");
	set_environment("c", "eth0", "");
	check_refused("ADD", good, CNI_ERROR_ENVIRONMENT, "CNI_NETNS");
	set_environment("c", "eth0", "/n");
	check_refused("ADD", "{\"name\":\"../../etc\"}", CNI_ERROR_CONFIG, "name:");
	check_refused("ADD", "{\"name\":\"\"}", CNI_ERROR_CONFIG, "name:");
	check_refused("ADD", "{}", CNI_ERROR_CONFIG, "name:");
	check_refused("ADD", "{\"name\":\"n\\u0000x\"}", CNI_ERROR_DECODING, "network definition");
}

TEST(del_needs_no_namespace)
{
	auto_arena struct arena arena = { 0 };
	struct plugin_call call;
	struct error err = { 0 };

	set_environment("c", "eth0", "");
	check_ok(read_it(&arena, "DEL", "{\"name\":\"n\"}", &call, &err), &err);
	check_text(call.netns, "");
}

TEST(commands_belong_to_versions)
{
	set_environment("c", "eth0", "/n");
	check_refused("CHECK", "{\"cniVersion\":\"0.3.1\",\"name\":\"n\"}", CNI_ERROR_VERSION,
		      "0.3.1 has no CHECK");
	check_refused("GC", "{\"cniVersion\":\"1.0.0\",\"name\":\"n\"}", CNI_ERROR_VERSION,
		      "no GC");
	check_refused("STATUS", "{\"name\":\"n\"}", CNI_ERROR_VERSION, "no STATUS");
	check_refused("ADD", "{\"cniVersion\":\"9.0\",\"name\":\"n\"}", CNI_ERROR_VERSION, "9.0");
	check_refused("ADD", "{\"cniVersion\":1,\"name\":\"n\"}", CNI_ERROR_DECODING,
		      "not a string");
	check_refused("CHECK", "{\"cniVersion\":\"1.0.0\",\"name\":\"n\"}", CNI_ERROR_DECODING,
		      "prevResult: missing");
}

TEST(gc_does_not_take_silence_for_nobody)
{
	auto_arena struct arena arena = { 0 };
	struct plugin_call call;
	struct error err = { 0 };

	check_refused("GC", "{\"cniVersion\":\"1.1.0\",\"name\":\"n\"}", CNI_ERROR_DECODING,
		      "cni.dev/valid-attachments: missing");
	check_ok(read_it(&arena, "GC",
			 "{\"cniVersion\":\"1.1.0\",\"name\":\"n\",\"cni.dev/valid-attachments\":"
			 "[{\"containerID\":\"a\",\"ifname\":\"eth0\"}]}",
			 &call, &err),
		 &err);
	check_true(plugin_attachment_is_valid(&call, "a", "eth0"));
	check_true(plugin_attachment_is_valid(&call, "a", "")); /* of an old version */
	check_true(!plugin_attachment_is_valid(&call, "a", "eth1"));
	check_true(!plugin_attachment_is_valid(&call, "b", "eth0"));
}

TEST(what_is_no_object_is_refused)
{
	set_environment("c", "eth0", "/n");
	check_refused("ADD", "", CNI_ERROR_DECODING, "network definition");
	check_refused("ADD", "garbage", CNI_ERROR_DECODING, "network definition");
	check_refused("ADD", "[]", CNI_ERROR_DECODING, "not an object");
	check_refused("ADD", "{\"name\":\"n\",\"prevResult\":7}", CNI_ERROR_DECODING, "prevResult");
}
