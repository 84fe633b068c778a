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

TEST(the_default_network_is_loopback_and_says_so)
{
	auto_fixture struct fixture f;
	static const char *const networks[] = { "default" };

	check_ok(plan(&f, &fixture_coreos, networks, 1), &f.err);
	check_int(f.plan.network, PLAN_NETWORK_LOOPBACK);
	check_contains(fixture_verdict(&f, NULL, "--net"), "modified: ");
	fixture_release(&f);
	check_ok(plan(&f, &fixture_coreos, NULL, 0), &f.err);
	check_int(f.plan.network, PLAN_NETWORK_LOOPBACK);
	check_contains(fixture_verdict(&f, NULL, "--net"), "modified: ");
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

TEST(named_networks_are_ignored_with_their_names)
{
	auto_fixture struct fixture f;
	static const char *const networks[] = { "default", "b:IP=10.1.2.3" };

	check_ok(plan(&f, &fixture_coreos, networks, 2), &f.err);
	check_contains(fixture_verdict(&f, NULL, "--net"), "ignored: ");
	check_text(f.plan.verdicts[0].asked, "default, b:IP=10.1.2.3");
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
	static const char *const host[] = { "host" };

	fixture_init(&f);
	check_ok(fixture_plan_app(&f, PORTS("8080")), &f.err);
	check_contains(fixture_verdict(&f, NULL, "port web"), "ignored: nothing forwards");
	f.options.networks = host;
	check_ok(fixture_plan_app(&f, PORTS("8080")), &f.err);
	check_contains(fixture_verdict(&f, NULL, "port web"), "ignored: in the host's network");
	check_ok(fixture_plan_app(&f, PORTS("80")), &f.err);
	check_contains(fixture_verdict(&f, NULL, "port web"), "enforced");
}

TEST(a_port_that_no_app_has_is_reported)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_ok(fixture_plan_app(&f, NULL, NULL, "\"ports\":[{\"name\":\"web\",\"hostPort\":80}]"),
		 &f.err);
	check_contains(fixture_verdict(&f, NULL, "port web"), "ignored: no app has a port");
}
