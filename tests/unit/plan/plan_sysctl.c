/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "tests/unit/plan/plan_fixture.h"
#include "tests/unit/test.h"

#define SYSCTL(pairs) "{\"name\":\"os/unix/sysctl\",\"value\":{" pairs "}}"

TEST(parameters_of_the_pod_s_own_namespaces_are_set)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_ok(fixture_plan_isolators(&f, NULL, SYSCTL("\"net.ipv4.ip_forward\":\"1\"")), &f.err);
	check_uint(f.plan.n_sysctls, 1);
	check_text(f.plan.sysctls[0].key, "net.ipv4.ip_forward");
	check_text(f.plan.sysctls[0].value, "1");
	check_text(fixture_verdict(&f, NULL, "os/unix/sysctl"), "enforced");
}

TEST(a_parameter_is_set_only_where_the_pod_has_its_namespace)
{
	static const char *const host[] = { "host" };
	static const struct {
		const char *pair;
		const char *why;
	} cases[] = {
		{ SYSCTL("\"net.core.somaxconn\":\"1\""), "ignored: the network is the host's" },
		{ SYSCTL("\"kernel.shmmax\":\"1\""), "ignored: the IPC namespace is the host's" },
		{ SYSCTL("\"fs.mqueue.msg_max\":\"1\""),
		  "ignored: the IPC namespace is the host's" },
		{ SYSCTL("\"kernel.hostname\":\"x\""), "ignored: the host name is the host's" },
		{ SYSCTL("\"kernel.core_pattern\":\"|/x\""), "ignored: no namespace of a pod" },
		{ SYSCTL("\"kernel.shmmax2\":\"1\""), "ignored: no namespace of a pod" },
		{ SYSCTL("\"vm.swappiness\":\"1\""), "ignored: no namespace of a pod" },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		auto_fixture struct fixture f;

		fixture_init(&f);
		f.traits = &fixture_fly;
		f.options.networks = host;
		check_ok(fixture_plan_isolators(&f, NULL, cases[i].pair), &f.err);
		check_uint(f.plan.n_sysctls, 0);
		check_contains(fixture_verdict(&f, NULL, "os/unix/sysctl"), cases[i].why);
	}
}

TEST(an_app_has_no_parameters_of_its_own)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_ok(fixture_plan_isolators(&f, SYSCTL("\"net.core.somaxconn\":\"1\""), NULL), &f.err);
	check_uint(f.plan.n_sysctls, 0);
	check_contains(fixture_verdict(&f, "a", "os/unix/sysctl"),
		       "ignored: kernel parameters are");
}

TEST(hostile_parameters_are_refused)
{
	static const char *const hostile[] = {
		SYSCTL("\"net.ipv4/../../kernel/core_pattern\":\"1\""),
		SYSCTL("\"net..x\":\"1\""),
		SYSCTL("\"net.x\":\"1\\nkernel.core_pattern=|/evil\""),
		SYSCTL("\"net.x\\n\":\"1\""),
		SYSCTL("\".net\":\"1\""),
		SYSCTL("\"net.\":\"1\""),
	};

	for (size_t i = 0; i < ARRAY_LENGTH(hostile); i++) {
		auto_fixture struct fixture f;

		fixture_init(&f);
		check_int(fixture_plan_isolators(&f, NULL, hostile[i]), -EINVAL);
		check_contains(f.err.text, "os/unix/sysctl");
	}
}
