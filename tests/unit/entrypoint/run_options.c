/* SPDX-License-Identifier: Apache-2.0 */
#include "common/entrypoint/run_options.h"

#include <errno.h>

#include "common/base/cleanup.h"
#include "tests/unit/test.h"

#define UUID "6733c088-a507-4694-aabf-9d1c6e0c9f3d"

static struct arena arena;
static struct error err;

#define PARSE(ret, ...)                                                                            \
	run_options_parse(&arena, (int)ARRAY_LENGTH(((char *[]){ __VA_ARGS__ })),                  \
			  (char *[]){ __VA_ARGS__ }, (ret), &err)

/* One option and a UUID, taken or refused with a message that names what was wrong. */
static struct run_options take(char *option)
{
	struct run_options options = { .debug = false };

	check_ok(PARSE(&options, option, UUID), &err);
	return options;
}

static void refuse(char *option, const char *because)
{
	struct run_options options = { .local_config = "untouched" };

	check_int(PARSE(&options, option, UUID), -EINVAL);
	check_contains(err.text, because);
	check_text(options.local_config, "untouched");
	error_clear(&err);
}

TEST(a_uuid_is_enough)
{
	struct run_options options;

	check_ok(PARSE(&options, UUID), &err);
	check_text(options.plan.uuid, UUID);
	check_uint(options.plan.n_networks, 0);
	check_true(options.plan.hostname == NULL && options.local_config == NULL);
	check_true(!options.debug && !options.plan.interactive && !options.plan.mutable_pod);
	check_true(!options.plan.has_private_users && !options.plan.disable_seccomp);
	check_int((int)options.plan.ipc, PLAN_IPC_AUTO);
	check_int((int)options.plan.resolv_conf, PLAN_DNS_DEFAULT);
}

TEST(all_options_of_rkt_are_known)
{
	struct run_options options;

	check_ok(PARSE(&options, "--debug", "--net=default", "--mds-token=t", "--interactive=true",
		       "--local-config=/etc/rkt", "--hostname=h", "--private-users=1000:65536",
		       "--disable-capabilities-restriction", "--disable-paths", "--disable-seccomp",
		       "--dns-conf-mode=resolv=stage0,hosts=none", "--mutable", "--ipc=parent",
		       UUID),
		 &err);
	check_true(options.debug && options.plan.interactive && options.plan.mutable_pod);
	check_true(options.plan.disable_capabilities && options.plan.disable_paths);
	check_true(options.plan.disable_seccomp);
	check_text(options.plan.mds_token, "t");
	check_text(options.local_config, "/etc/rkt");
	check_text(options.plan.hostname, "h");
	check_true(options.plan.has_private_users);
	check_uint(options.plan.user_base, 1000);
	check_uint(options.plan.user_count, 65536);
	check_int((int)options.plan.resolv_conf, PLAN_DNS_STAGE0);
	check_int((int)options.plan.hosts, PLAN_DNS_NONE);
	check_int((int)options.plan.ipc, PLAN_IPC_PARENT);
}

TEST(networks_add_up_and_none_named_is_the_default_one)
{
	struct run_options options;

	check_ok(PARSE(&options, "--net=a,b:IP=1.2.3.4", "--net=c", UUID), &err);
	check_uint(options.plan.n_networks, 3);
	check_text(options.plan.networks[0], "a");
	check_text(options.plan.networks[1], "b:IP=1.2.3.4");
	check_text(options.plan.networks[2], "c");
	options = take("--net");
	check_uint(options.plan.n_networks, 1);
	check_text(options.plan.networks[0], "default");
}

TEST(an_empty_value_is_none_where_stage0_gives_one)
{
	check_true(take("--hostname=").plan.hostname == NULL);
	check_true(!take("--private-users=").plan.has_private_users);
}

TEST(user_ranges_lie_among_the_ids)
{
	struct run_options options = take("--private-users=4294967290:4");

	check_uint(options.plan.user_base, 4294967290);
	check_uint(options.plan.user_count, 4);
	refuse("--private-users=4294967290:9", "4294967290:9");
	refuse("--private-users=0:0", "BASE:COUNT");
	refuse("--private-users=1", "BASE:COUNT");
	refuse("--private-users=-1:5", "BASE:COUNT");
	refuse("--private-users=1:2:3", "BASE:COUNT");
	refuse("--private-users=:", "BASE:COUNT");
	refuse("--private-users=1: 2", "BASE:COUNT");
}

TEST(dns_modes_are_for_two_files_and_of_four_kinds)
{
	check_int((int)take("--dns-conf-mode=hosts=host").plan.hosts, PLAN_DNS_HOST);
	check_int((int)take("--dns-conf-mode=hosts=host").plan.resolv_conf, PLAN_DNS_DEFAULT);
	check_int((int)take("--dns-conf-mode=resolv=default").plan.resolv_conf, PLAN_DNS_DEFAULT);
	refuse("--dns-conf-mode=resolv=yes", "\"resolv=yes\"");
	refuse("--dns-conf-mode=nsswitch=host", "\"nsswitch=host\"");
	refuse("--dns-conf-mode=hosts=host,", "\"\"");
	refuse("--dns-conf-mode=", "\"\"");
}

TEST(the_ipc_namespace_is_one_of_three)
{
	check_int((int)take("--ipc=private").plan.ipc, PLAN_IPC_PRIVATE);
	check_int((int)take("--ipc=auto").plan.ipc, PLAN_IPC_AUTO);
	refuse("--ipc=host", "host");
	refuse("--ipc=", "ipc");
}

TEST(one_pod_exactly_is_named)
{
	struct run_options options;

	check_int(PARSE(&options, "--debug"), -EINVAL);
	check_contains(err.text, "UUID is missing");
	check_int(PARSE(&options, UUID, UUID), -EINVAL);
	check_contains(err.text, "one pod's UUID is enough");
	check_int(PARSE(&options, "../" UUID), -EINVAL);
	check_contains(err.text, "not a pod's UUID");
	check_int(PARSE(&options, UUID, "--", "x"), -EINVAL);
	check_contains(err.text, "\"x\"");
}

TEST(what_is_unknown_is_refused)
{
	refuse("--no-such-option", "no-such-option");
	refuse("--debug=perhaps", "perhaps");
	refuse("-d", "-d");
}

TEST(the_table_says_what_each_option_is_for)
{
	struct option_set set = run_options_table();

	check_true(set.n_specs > 0);
	for (size_t i = 0; i < set.n_specs; i++)
		check_true(set.specs[i].name != NULL && set.specs[i].help != NULL);
}
