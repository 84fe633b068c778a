/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "tests/unit/plan/plan_fixture.h"
#include "tests/unit/test.h"

static int plan(struct fixture *f, const struct plan_traits *traits, const char *const *networks,
		size_t n)
{
	fixture_init(f);
	f->traits = traits;
	f->options.networks = networks;
	f->options.n_networks = n;
	return fixture_plan_app(f, NULL, NULL, NULL);
}

TEST(the_default_network_is_joined_asked_for_or_not)
{
	auto_fixture struct fixture f;
	static const char *const networks[] = { "default" };

	for (size_t n = 0; n < 2; n++) {
		check_ok(plan(&f, &fixture_coreos, n > 0 ? networks : NULL, n), &f.err);
		check_int(f.plan.network, PLAN_NETWORK_PLUGINS);
		check_uint(f.plan.n_networks, 1);
		check_text(f.plan.networks[0].name, "default");
		check_text(f.plan.networks[0].args, "");
		check_text(fixture_verdict(&f, NULL, "--net"), "enforced");
		if (n == 0)
			fixture_release(&f);
	}
}

TEST(an_isolator_without_plugins_has_loopback_and_says_so)
{
	auto_fixture struct fixture f;
	struct plan_traits traits = fixture_coreos;
	static const char *const named[] = { "a" };

	traits.network_plugins = false;
	check_ok(plan(&f, &traits, NULL, 0), &f.err);
	check_int(f.plan.network, PLAN_NETWORK_LOOPBACK);
	check_contains(fixture_verdict(&f, NULL, "--net"), "modified: ");
	fixture_release(&f);
	check_ok(plan(&f, &traits, named, 1), &f.err);
	check_int(f.plan.network, PLAN_NETWORK_LOOPBACK);
	check_contains(fixture_verdict(&f, NULL, "--net"), "ignored: ");
}

TEST(an_isolator_without_networks_takes_the_default_to_mean_the_host_s)
{
	auto_fixture struct fixture f;
	static const char *const networks[] = { "default" };

	check_ok(plan(&f, &fixture_fly, networks, 1), &f.err);
	check_int(f.plan.network, PLAN_NETWORK_HOST);
	check_text(fixture_verdict(&f, NULL, "--net"), "none");
}

TEST(other_networks_of_such_an_isolator_are_ignored_aloud)
{
	static const char *const asked[][1] = { { "none" },
						{ "default-restricted" },
						{ "a:IP=1.2.3.4" } };

	for (size_t i = 0; i < ARRAY_LENGTH(asked); i++) {
		auto_fixture struct fixture f;

		check_ok(plan(&f, &fixture_fly, asked[i], 1), &f.err);
		check_int(f.plan.network, PLAN_NETWORK_HOST);
		check_contains(fixture_verdict(&f, NULL, "--net"), "ignored: ");
	}
}

TEST(host_and_none_are_enforced)
{
	auto_fixture struct fixture f;
	static const char *const host[] = { "host" };
	static const char *const none[] = { "none" };

	check_ok(plan(&f, &fixture_coreos, host, 1), &f.err);
	check_int(f.plan.network, PLAN_NETWORK_HOST);
	check_text(fixture_verdict(&f, NULL, "--net"), "enforced");
	fixture_release(&f);
	check_ok(plan(&f, &fixture_coreos, none, 1), &f.err);
	check_int(f.plan.network, PLAN_NETWORK_LOOPBACK);
	check_text(fixture_verdict(&f, NULL, "--net"), "enforced");
}

TEST(named_networks_keep_their_arguments)
{
	auto_fixture struct fixture f;
	static const char *const networks[] = { "default", "b:IP=10.1.2.3;k=v", "all" };

	check_ok(plan(&f, &fixture_coreos, networks, 3), &f.err);
	check_text(fixture_verdict(&f, NULL, "--net"), "enforced");
	check_text(f.plan.verdicts[0].asked, "default, b:IP=10.1.2.3;k=v, all");
	check_true(f.plan.all_networks);
	check_uint(f.plan.n_networks, 2);
	check_text(f.plan.networks[1].name, "b");
	check_text(f.plan.networks[1].args, "IP=10.1.2.3;k=v");
}

TEST(a_way_to_the_host_is_added_to_networks_of_one_s_own)
{
	auto_fixture struct fixture f;
	static const char *const own[] = { "b" };
	static const char *const restricted[] = { "b", "default-restricted:A=b" };

	check_ok(plan(&f, &fixture_coreos, own, 1), &f.err);
	check_uint(f.plan.n_networks, 2);
	check_text(f.plan.networks[1].name, "default-restricted");
	check_contains(fixture_verdict(&f, NULL, "--net"), "enforced: default-restricted as well");
	fixture_release(&f);
	check_ok(plan(&f, &fixture_coreos, restricted, 2), &f.err);
	check_uint(f.plan.n_networks, 2);
	check_text(fixture_verdict(&f, NULL, "--net"), "enforced");
}

TEST(what_names_no_network_is_refused)
{
	static const struct {
		const char *networks[2];
		size_t n;
		const char *message;
	} cases[] = {
		{ { ":IP=1.2.3.4" }, 1, "--net=:IP=1.2.3.4: a network without a name" },
		{ { "a:" }, 1, "--net=a:: arguments are NAME=VALUE" },
		{ { "a:x" }, 1, "arguments are NAME=VALUE" },
		{ { "a:x=1;" }, 1, "arguments are NAME=VALUE" },
		{ { "a:=1" }, 1, "arguments are NAME=VALUE" },
		{ { "a:x=1;y;z=2" }, 1, "arguments are NAME=VALUE" },
		{ { "a:x=1\nCNI_COMMAND=DEL" }, 1, "arguments are NAME=VALUE" },
		{ { "a", "a:x=1" }, 2, "--net=a:x=1: a is named already" },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		auto_fixture struct fixture f;

		check_int(plan(&f, &fixture_coreos, cases[i].networks, cases[i].n), -EINVAL);
		check_contains(f.err.text, cases[i].message);
	}
}

TEST(contradictions_are_refused)
{
	auto_fixture struct fixture f;
	static const char *const host_too[] = { "a", "host" };
	static const char *const none_too[] = { "none", "default" };
	static const char *const host[] = { "host" };

	check_int(plan(&f, &fixture_coreos, host_too, 2), -EINVAL);
	fixture_release(&f);
	check_int(plan(&f, &fixture_coreos, none_too, 2), -EINVAL);
	fixture_release(&f);
	check_int(plan(&f, &fixture_kvm, host, 1), -ENOTSUP);
}

#define PORTS(host)                                                                                \
	"\"ports\":[{\"name\":\"web\",\"protocol\":\"tcp\",\"port\":80,\"count\":1,"               \
	"\"socketActivated\":false}]",                                                             \
	    NULL, "\"ports\":[{\"name\":\"web\",\"hostPort\":" host "}]"

TEST(ports_are_reported_where_nothing_forwards)
{
	auto_fixture struct fixture f;
	static const char *const none[] = { "none" };
	static const char *const host[] = { "host" };

	fixture_init(&f);
	f.options.networks = none;
	f.options.n_networks = 1;
	check_ok(fixture_plan_app(&f, PORTS("8080")), &f.err);
	check_contains(fixture_verdict(&f, NULL, "port web"), "ignored: nothing forwards");
	f.options.networks = host;
	check_ok(fixture_plan_app(&f, PORTS("8080")), &f.err);
	check_contains(fixture_verdict(&f, NULL, "port web"), "ignored: in the host's network");
	check_ok(fixture_plan_app(&f, PORTS("80")), &f.err);
	check_contains(fixture_verdict(&f, NULL, "port web"), "enforced");
	check_uint(f.plan.n_ports, 0);
}

#define APP_PORTS(more)                                                                            \
	"\"ports\":[{\"name\":\"web\",\"protocol\":\"tcp\",\"port\":80},"                          \
	"{\"name\":\"many\",\"protocol\":\"udp\",\"port\":5000,\"count\":3}" more "]"

TEST(ports_are_forwarded_one_by_one)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	f.options.n_networks = 0; /* default */
	check_ok(
	    fixture_plan_app(&f, APP_PORTS(""), NULL,
			     "\"ports\":[{\"name\":\"web\",\"hostPort\":8080},"
			     "{\"name\":\"many\",\"hostPort\":6000,\"hostIP\":\"127.0.0.1\"}]"),
	    &f.err);
	check_text(fixture_verdict(&f, NULL, "port web"), "enforced: to tcp port 80 of the pod");
	check_text(fixture_verdict(&f, NULL, "port many"),
		   "enforced: to udp ports 5000 to 5002 of the pod");
	check_uint(f.plan.n_ports, 4);
	check_uint(f.plan.ports[0].host_port, 8080);
	check_uint(f.plan.ports[0].pod_port, 80);
	check_true(!f.plan.ports[0].udp && f.plan.ports[0].host_ip == NULL);
	check_uint(f.plan.ports[3].host_port, 6002);
	check_uint(f.plan.ports[3].pod_port, 5002);
	check_true(f.plan.ports[3].udp);
	check_text(f.plan.ports[3].host_ip, "127.0.0.1");
}

TEST(ports_that_cannot_be_forwarded_are_refused_or_reported)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	f.options.n_networks = 0; /* default */
	check_int(fixture_plan_app(&f, APP_PORTS(""), NULL,
				   "\"ports\":[{\"name\":\"many\",\"hostPort\":65534}]"),
		  -EINVAL);
	check_contains(f.err.text, "port many: 3 ports from 65534 end above 65535");
	check_int(fixture_plan_app(
		      &f, APP_PORTS(",{\"name\":\"dns\",\"protocol\":\"udp\",\"port\":53}"), NULL,
		      "\"ports\":[{\"name\":\"many\",\"hostPort\":53},"
		      "{\"name\":\"dns\",\"hostPort\":54,\"hostIP\":\"10.0.0.1\"}]"),
		  -EINVAL);
	check_contains(f.err.text, "port dns: port 54 of the host is port many already");
	check_ok(fixture_plan_app(&f,
				  APP_PORTS(",{\"name\":\"odd\",\"protocol\":\"sctp\",\"port\":9}"),
				  NULL, "\"ports\":[{\"name\":\"odd\",\"hostPort\":9}]"),
		 &f.err);
	check_contains(fixture_verdict(&f, NULL, "port odd"), "ignored: nothing forwards the "
							      "protocol sctp");
}

TEST(a_port_that_no_app_has_is_reported)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_ok(fixture_plan_app(&f, NULL, NULL, "\"ports\":[{\"name\":\"web\",\"hostPort\":80}]"),
		 &f.err);
	check_contains(fixture_verdict(&f, NULL, "port web"), "ignored: no app has a port");
}
