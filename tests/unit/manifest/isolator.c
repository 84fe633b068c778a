/* SPDX-License-Identifier: Apache-2.0 */
#include "common/manifest/isolator.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/resource.h>

#include "common/base/cleanup.h"
#include "tests/unit/test.h"

static struct isolator parse(struct arena *arena, const char *name, const char *json)
{
	struct isolator isolator = { .name = NULL };
	struct error err = { 0 };

	check_ok(isolator_parse(arena, name, json, &isolator, &err), &err);
	check_text(isolator.name, name);
	return isolator;
}

static void check_refused(const char *name, const char *json, const char *message)
{
	auto_arena struct arena arena = { 0 };
	struct isolator isolator = { .name = "untouched" };
	struct error err = { 0 };

	ck_assert_msg(isolator_parse(&arena, name, json, &isolator, &err) == -EINVAL,
		      "%s %s is accepted", name, json);
	check_text(err.text, message);
	check_text(isolator.name, "untouched");
}

TEST(the_default_capabilities_are_the_14_of_the_spec)
{
	check_uint(isolator_default_capabilities(), 0xa80425fb);
	check_int(__builtin_popcountll(isolator_default_capabilities()), 14);
}

TEST(capabilities_have_names_and_numbers)
{
	unsigned number = 99;

	for (unsigned i = 0; i <= CAP_LAST_CAP; i++) {
		const char *name = isolator_capability_name(i);

		check_true(name != NULL);
		check_int(isolator_capability_number(name, &number), 0);
		check_uint(number, i);
		check_int(isolator_capability_number(name + 4, &number), 0);
		check_uint(number, i);
	}
	check_true(isolator_capability_name(CAP_LAST_CAP + 1) == NULL);
	check_int(isolator_capability_number("chown", &number), 0);
	check_uint(number, CAP_CHOWN);
	number = 99;
	check_int(isolator_capability_number("CAP_", &number), -EINVAL);
	check_int(isolator_capability_number("", &number), -EINVAL);
	check_int(isolator_capability_number("CAP_CAP_CHOWN", &number), -EINVAL);
	check_uint(number, 99);
}

TEST(memory_and_cpu_take_strings_and_numbers)
{
	auto_arena struct arena arena = { 0 };
	struct isolator i = parse(&arena, "resource/memory",
				  "{\"default\":false,\"request\":\"25Mi\",\"limit\":50000000}");

	check_int(i.kind, ISOLATOR_MEMORY);
	check_true(i.quantity.has_request && i.quantity.has_limit && !i.quantity.is_default);
	check_uint(i.quantity.request, 26214400);
	check_uint(i.quantity.limit, 50000000);
	check_text(i.json, "{\"default\":false,\"request\":\"25Mi\",\"limit\":50000000}");
	i = parse(&arena, "resource/cpu", "{\"request\":null,\"limit\":0.1}");
	check_true(!i.quantity.has_request && i.quantity.has_limit);
	check_uint(i.quantity.limit, 100);
	i = parse(&arena, "resource/cpu", "{\"request\":\"50m\"}");
	check_true(i.quantity.has_request && !i.quantity.has_limit);
	check_uint(i.quantity.request, 50);
}

TEST(a_bad_amount_is_named_with_its_value)
{
	check_refused("resource/memory", "{\"limit\":\"5x\"}",
		      "resource/memory: limit: \"5x\": not a quantity (500m, 1.5, 128Mi …)");
	check_refused("resource/memory", "{\"limit\":-1}",
		      "resource/memory: limit: \"-1\": not a quantity (500m, 1.5, 128Mi …)");
}

TEST(an_amount_that_cannot_be_is_refused)
{
	check_refused("resource/memory", "{\"limit\":\"16E\"}",
		      "resource/memory: limit: \"16E\": too large");
	check_refused("resource/memory", "{\"limit\":\"0\"}",
		      "resource/memory: limit: a limit of 0 lets nothing run");
	check_refused("resource/memory", "{\"limit\":\"1G\",\"request\":\"2G\"}",
		      "resource/memory: the request is above the limit");
	check_refused("resource/memory", "{}", "resource/memory: neither request nor limit");
	check_refused("resource/memory", "{\"default\":true,\"limit\":\"1G\"}",
		      "resource/memory: default must be false");
	check_refused("resource/memory", "{\"limit\":true}",
		      "resource/memory: limit: expected a quantity, got true or false");
	check_refused("resource/memory", "{\"limits\":\"1G\"}",
		      "resource/memory: limits: unknown field");
	check_refused("resource/memory", "\"1G\"",
		      "resource/memory: expected an object, got a string");
}

TEST(pids_have_a_limit_only)
{
	auto_arena struct arena arena = { 0 };
	struct isolator i = parse(&arena, "resource/pids", "{\"limit\":100}");

	check_int(i.kind, ISOLATOR_PIDS);
	check_uint(i.quantity.limit, 100);
	check_refused("resource/pids", "{\"request\":1,\"limit\":2}",
		      "resource/pids: request has no meaning here");
	check_refused("resource/pids", "{}", "resource/pids: limit: missing");
}

TEST(rates_apply_to_all_devices)
{
	auto_arena struct arena arena = { 0 };
	struct isolator i =
	    parse(&arena, "resource/network-bandwidth", "{\"default\":true,\"limit\":\"1G\"}");

	check_int(i.kind, ISOLATOR_NETWORK_BANDWIDTH);
	check_uint(i.quantity.limit, 1000000000);
	check_true(i.quantity.is_default);
	check_refused("resource/block-iops", "{\"limit\":1000}",
		      "resource/block-iops: default must be true");
}

TEST(shares_and_oom_score_are_numbers_of_a_range)
{
	auto_arena struct arena arena = { 0 };

	check_int(parse(&arena, "os/linux/cpu-shares", "512").number, 512);
	check_int(parse(&arena, "os/linux/oom-score-adj", "-1000").number, -1000);
	check_refused("os/linux/cpu-shares", "1", "os/linux/cpu-shares: 1: not in 2 … 262144");
	check_refused("os/linux/oom-score-adj", "1001",
		      "os/linux/oom-score-adj: 1001: not in -1000 … 1000");
	check_refused("os/linux/cpu-shares", "\"512\"",
		      "os/linux/cpu-shares: expected a whole number, got a string");
}

TEST(capability_sets_become_bits)
{
	auto_arena struct arena arena = { 0 };
	struct isolator i = parse(&arena, "os/linux/capabilities-retain-set",
				  "{\"set\":[\"CAP_NET_ADMIN\",\"CAP_CHOWN\"]}");

	check_int(i.kind, ISOLATOR_CAPS_RETAIN);
	check_uint(i.capabilities, (1 << CAP_NET_ADMIN) | (1 << CAP_CHOWN));
	i = parse(&arena, "os/linux/capabilities-retain-set", "{\"set\":[]}");
	check_uint(i.capabilities, 0);
	check_refused("os/linux/capabilities-remove-set", "{\"set\":[]}",
		      "os/linux/capabilities-remove-set: set: empty");
	check_refused(
	    "os/linux/capabilities-remove-set", "{\"set\":[\"CAP_CHOWN\",\"CAP_X\"]}",
	    "os/linux/capabilities-remove-set: set[1]: \"CAP_X\": no capability of Linux");
	check_refused("os/linux/capabilities-remove-set", "{}",
		      "os/linux/capabilities-remove-set: set: missing");
}

TEST(seccomp_sets_keep_their_names)
{
	auto_arena struct arena arena = { 0 };
	struct isolator i =
	    parse(&arena, "os/linux/seccomp-remove-set",
		  "{\"errno\":\"ENOTSUP\",\"set\":[\"reboot\",\"@rkt/default-blacklist\"]}");

	check_int(i.kind, ISOLATOR_SECCOMP_REMOVE);
	check_text(i.seccomp.errno_name, "ENOTSUP");
	check_uint(i.seccomp.n_names, 2);
	check_text(i.seccomp.names[1], "@rkt/default-blacklist");
	i = parse(&arena, "os/linux/seccomp-retain-set", "{\"errno\":\"\",\"set\":[\"read\"]}");
	check_int(i.kind, ISOLATOR_SECCOMP_RETAIN);
	check_true(i.seccomp.errno_name == NULL);
	check_refused("os/linux/seccomp-retain-set", "{\"set\":[]}",
		      "os/linux/seccomp-retain-set: set: empty");
	check_refused("os/linux/seccomp-retain-set", "{\"set\":[\"Read\"]}",
		      "os/linux/seccomp-retain-set: set[0]: \"Read\": neither a system call nor a "
		      "set (@scope/name)");
	check_refused("os/linux/seccomp-retain-set", "{\"set\":[\"read\"],\"errno\":\"eperm\"}",
		      "os/linux/seccomp-retain-set: errno: \"eperm\": not the name of an error "
		      "(EPERM …)");
}

TEST(labels_are_joined)
{
	auto_arena struct arena arena = { 0 };
	struct isolator i =
	    parse(&arena, "os/linux/selinux-context",
		  "{\"user\":\"system_u\",\"role\":\"system_r\",\"type\":\"dhcpc_t\","
		  "\"level\":\"s0:c1,c2\"}");

	check_text(i.text, "system_u:system_r:dhcpc_t:s0:c1,c2");
	check_refused("os/linux/selinux-context",
		      "{\"user\":\"a:b\",\"role\":\"r\",\"type\":\"t\",\"level\":\"s0\"}",
		      "os/linux/selinux-context: user: \"a:b\": has a colon");
	check_refused("os/linux/selinux-context", "{\"user\":\"a\",\"role\":\"r\",\"type\":\"t\"}",
		      "os/linux/selinux-context: level: missing");
	check_text(parse(&arena, "os/linux/apparmor-profile", "\"rkt-default\"").text,
		   "rkt-default");
	check_refused("os/linux/apparmor-profile", "\"\"", "os/linux/apparmor-profile: empty");
}

TEST(no_new_privileges_is_a_switch)
{
	auto_arena struct arena arena = { 0 };

	check_true(parse(&arena, "os/linux/no-new-privileges", "true").flag);
	check_true(!parse(&arena, "os/linux/no-new-privileges", "false").flag);
	check_refused("os/linux/no-new-privileges", "\"true\"",
		      "os/linux/no-new-privileges: expected true or false, got a string");
}

TEST(sysctls_stay_below_their_tree)
{
	auto_arena struct arena arena = { 0 };
	struct isolator i = parse(&arena, "os/unix/sysctl",
				  "{\"net.ipv4.ip_forward\":\"1\",\"net.core.somaxconn\":\"9\"}");

	check_uint(i.pairs.n, 2);
	check_text(i.pairs.items[0].key, "net.ipv4.ip_forward");
	check_text(i.pairs.items[1].value, "9");
	check_refused("os/unix/sysctl", "{\"net/../../etc\":\"1\"}",
		      "os/unix/sysctl: net/../../etc: not a sysctl");
	check_refused("os/unix/sysctl", "{\"..net\":\"1\"}", "os/unix/sysctl: ..net: not a sysctl");
	check_refused("os/unix/sysctl", "{\"net.\":\"1\"}", "os/unix/sysctl: net.: not a sysctl");
	check_refused("os/unix/sysctl", "{\"a\":\"1\\n2\"}",
		      "os/unix/sysctl: a: \"1\\x0a2\": has a control character");
	check_refused("os/unix/sysctl", "{\"a\":1}",
		      "os/unix/sysctl: a: expected a string, got a whole number");
}

TEST(rlimits_have_a_soft_and_a_hard_bound)
{
	auto_arena struct arena arena = { 0 };
	struct isolator i = parse(&arena, "os/unix/rlimits",
				  "{\"RLIMIT_NOFILE\":{\"soft\":1024,\"hard\":\"unlimited\"},"
				  "\"RLIMIT_CORE\":{\"soft\":\"0\",\"hard\":0}}");

	check_uint(i.rlimits.n, 2);
	check_int(i.rlimits.items[0].resource, RLIMIT_NOFILE);
	check_text(i.rlimits.items[0].name, "RLIMIT_NOFILE");
	check_uint(i.rlimits.items[0].soft, 1024);
	check_true(i.rlimits.items[0].hard == UINT64_MAX);
	check_int(i.rlimits.items[1].resource, RLIMIT_CORE);
	check_refused("os/unix/rlimits", "{\"RLIMIT_NOFILE\":{\"soft\":2,\"hard\":1}}",
		      "os/unix/rlimits: RLIMIT_NOFILE: soft is above hard");
	check_refused("os/unix/rlimits", "{\"NOFILE\":{\"soft\":1,\"hard\":1}}",
		      "os/unix/rlimits: NOFILE: no resource of getrlimit(2)");
	check_refused("os/unix/rlimits", "{\"RLIMIT_CPU\":{\"soft\":1}}",
		      "os/unix/rlimits: RLIMIT_CPU.hard: missing");
	check_refused("os/unix/rlimits", "{\"RLIMIT_CPU\":{\"soft\":-1,\"hard\":1}}",
		      "os/unix/rlimits: RLIMIT_CPU.soft: -1: below 0");
	check_refused("os/unix/rlimits", "{\"RLIMIT_CPU\":{\"soft\":\"1k\",\"hard\":1}}",
		      "os/unix/rlimits: RLIMIT_CPU.soft: \"1k\": neither a number nor unlimited");
}

TEST(an_unknown_isolator_is_kept_as_text)
{
	auto_arena struct arena arena = { 0 };
	struct isolator i = parse(&arena, "example.com/level", " { \"a\" : [ 1 , null , 0.5 ] } ");

	check_int(i.kind, ISOLATOR_UNKNOWN);
	check_text(i.json, "{\"a\":[1,null,0.5]}");
	check_refused("Example", "1", "isolator: \"Example\": not an AC Identifier");
}

static int check_pair(const char *first, const char *first_json, const char *second,
		      const char *second_json, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct isolator items[] = {
		parse(&arena, first, first_json),
		parse(&arena, second, second_json),
	};

	return isolators_check(items, ARRAY_LENGTH(items), err);
}

TEST(isolators_that_exclude_each_other_are_refused)
{
	struct error err = { 0 };

	check_int(check_pair("os/linux/capabilities-retain-set", "{\"set\":[\"chown\"]}",
			     "os/linux/capabilities-remove-set", "{\"set\":[\"kill\"]}", &err),
		  -EINVAL);
	check_text(err.text, "os/linux/capabilities-retain-set and "
			     "os/linux/capabilities-remove-set exclude each other");
	check_int(check_pair("os/linux/seccomp-remove-set", "{\"set\":[\"read\"]}",
			     "os/linux/seccomp-retain-set", "{\"set\":[\"read\"]}", &err),
		  -EINVAL);
	check_int(check_pair("os/linux/cpu-shares", "2", "os/linux/cpu-shares", "3", &err),
		  -EINVAL);
	check_text(err.text, "os/linux/cpu-shares is given twice");
}

TEST(of_several_limits_the_last_counts)
{
	auto_arena struct arena arena = { 0 };
	struct isolator items[] = {
		parse(&arena, "resource/memory", "{\"limit\":1}"),
		parse(&arena, "resource/cpu", "{\"limit\":1}"),
		parse(&arena, "resource/memory", "{\"limit\":2}"),
		parse(&arena, "example.com/x", "1"),
		parse(&arena, "example.com/x", "2"),
	};

	check_int(isolators_check(items, ARRAY_LENGTH(items), NULL), 0);
	check_true(isolators_last(items, ARRAY_LENGTH(items), ISOLATOR_MEMORY) == &items[2]);
	check_true(isolators_last(items, ARRAY_LENGTH(items), ISOLATOR_PIDS) == NULL);
}
