/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "tests/unit/plan/plan_fixture.h"
#include "tests/unit/test.h"

static const char *const host_network[] = { "host" };

TEST(in_the_host_s_network_an_app_asks_the_host_s_name_servers)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_ok(fixture_plan_app(&f, NULL, NULL, NULL), &f.err);
	check_int(fixture_app(&f)->resolv_conf.source, PLAN_ETC_KEEP);
	f.options.networks = host_network;
	check_ok(fixture_plan_app(&f, NULL, NULL, NULL), &f.err);
	check_int(fixture_app(&f)->resolv_conf.source, PLAN_ETC_HOST);
}

TEST(hosts_are_generated_where_the_image_has_none)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	f.options.hostname = "web";
	check_ok(fixture_plan_app(&f, NULL, NULL, NULL), &f.err);
	check_int(fixture_app(&f)->hosts.source, PLAN_ETC_GENERATED_IF_MISSING);
	check_text(fixture_app(&f)->hosts.content,
		   "127.0.0.1 localhost localhost.domain localhost4 localhost4.localdomain4 web\n"
		   "::1 localhost localhost.domain localhost6 localhost6.localdomain6 web\n");
}

TEST(what_networks_say_goes_before_a_volume_on_this_very_file)
{
	const struct {
		const char *path;
		enum plan_etc_source source;
	} cases[] = { { "/data", PLAN_ETC_NETWORKS },
		      { "/etc/resolv.conf", PLAN_ETC_NETWORKS },
		      { "/etc", PLAN_ETC_KEEP } };

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		auto_fixture struct fixture f;
		const char *mounts;

		fixture_init(&f);
		f.options.n_networks = 0; /* default */
		mounts = arena_printf(&f.arena, "\"mounts\":[{\"volume\":\"v\",\"path\":\"%s\"}]",
				      cases[i].path);
		check_ok(
		    fixture_plan_app(
			&f, NULL, mounts,
			"\"volumes\":[{\"name\":\"v\",\"kind\":\"host\",\"source\":\"/tmp\"}]"),
		    &f.err);
		check_int((int)fixture_app(&f)->resolv_conf.source, (int)cases[i].source);
		f.options.resolv_conf = PLAN_DNS_NONE;
		check_ok(fixture_plan_app(&f, NULL, NULL, NULL), &f.err);
		check_int(fixture_app(&f)->resolv_conf.source, PLAN_ETC_KEEP);
	}
}

TEST(the_file_with_the_name_is_the_pod_s_but_a_volume_goes_before_it)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_ok(fixture_plan_app(&f, NULL, NULL, NULL), &f.err);
	check_int(fixture_app(&f)->hostname.source, PLAN_ETC_GENERATED);
	check_contains(fixture_app(&f)->hostname.content, "\n");
	check_ok(fixture_plan_app(&f, NULL, "\"mounts\":[{\"volume\":\"data\",\"path\":\"/etc\"}]",
				  "\"volumes\":[{\"name\":\"data\",\"kind\":\"host\","
				  "\"source\":\"/srv/data\"}]"),
		 &f.err);
	check_int(fixture_app(&f)->hostname.source, PLAN_ETC_KEEP);
}

TEST(the_command_line_s_modes_are_followed)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	f.options.resolv_conf = PLAN_DNS_HOST;
	f.options.hosts = PLAN_DNS_STAGE0;
	check_ok(fixture_plan_app(&f, NULL, NULL, NULL), &f.err);
	check_int(fixture_app(&f)->resolv_conf.source, PLAN_ETC_HOST);
	check_int(fixture_app(&f)->hosts.source, PLAN_ETC_STAGE0);
	check_text(fixture_verdict(&f, NULL, "--dns-conf-mode"), "several");
	f.options.hosts = PLAN_DNS_DEFAULT;
	f.options.networks = host_network;
	f.options.resolv_conf = PLAN_DNS_NONE;
	check_ok(fixture_plan_app(&f, NULL, NULL, NULL), &f.err);
	check_int(fixture_app(&f)->resolv_conf.source, PLAN_ETC_KEEP);
	check_text(fixture_verdict(&f, NULL, "--dns-conf-mode"), "enforced");
}

#define ON(path)                                                                                   \
	NULL, "\"mounts\":[{\"volume\":\"data\",\"path\":\"" path "\"}]",                          \
	    "\"volumes\":[{\"name\":\"data\",\"kind\":\"host\",\"source\":\"/srv/data\"}]"

TEST(a_volume_on_the_file_comes_before_the_default)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	f.options.networks = host_network;
	check_ok(fixture_plan_app(&f, ON("/etc/resolv.conf")), &f.err);
	check_int(fixture_app(&f)->resolv_conf.source, PLAN_ETC_KEEP);
	check_int(fixture_app(&f)->hosts.source, PLAN_ETC_GENERATED_IF_MISSING);
}

TEST(the_command_line_comes_before_a_volume_on_the_file)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	f.options.resolv_conf = PLAN_DNS_STAGE0;
	check_ok(fixture_plan_app(&f, ON("/etc/resolv.conf")), &f.err);
	check_int(fixture_app(&f)->resolv_conf.source, PLAN_ETC_STAGE0);
	check_uint(fixture_app(&f)->n_mounts, 0);
	check_contains(fixture_verdict(&f, "a", "volume"), "ignored: --dns");
}

TEST(nothing_is_ever_written_through_a_volume)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	f.options.resolv_conf = PLAN_DNS_STAGE0;
	check_ok(fixture_plan_app(&f, ON("/etc")), &f.err);
	check_int(fixture_app(&f)->resolv_conf.source, PLAN_ETC_KEEP);
	check_int(fixture_app(&f)->hosts.source, PLAN_ETC_KEEP);
	check_text(fixture_verdict(&f, "a", "--dns-conf-mode"),
		   "ignored: the volume on /etc hides it");
}
