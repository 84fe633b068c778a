/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "common/base/cleanup.h"
#include "tests/unit/plan/plan_fixture.h"
#include "tests/unit/test.h"

#define POLICY(value)                                                                              \
	"\"annotations\":[{\"name\":\"coreos.com/rkt/stage1/restart\",\"value\":\"" value "\"}]"

TEST(nothing_is_started_again_unless_asked_for)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_ok(fixture_plan_app(&f, NULL, NULL, NULL), &f.err);
	check_int(f.plan.restart, PLAN_RESTART_NO);
	check_ok(fixture_plan_app(&f, NULL, NULL, POLICY("no")), &f.err);
	check_int(f.plan.restart, PLAN_RESTART_NO);
	check_text(fixture_verdict(&f, NULL, "--restart"), "none");
}

TEST(a_policy_is_enforced_at_every_level)
{
	for (size_t i = 0; i < FIXTURE_N_LEVELS; i++) {
		auto_fixture struct fixture f;

		fixture_init(&f);
		f.traits = fixture_levels[i];
		check_ok(fixture_plan_app(&f, NULL, NULL, POLICY("on-failure")), &f.err);
		check_int(f.plan.restart, PLAN_RESTART_ON_FAILURE);
		check_contains(fixture_verdict(&f, NULL, "--restart"), "enforced");
		check_true(f.plan.supervised);
		check_uint(f.plan.log_bytes, PLAN_LOG_SIZE_DEFAULT);
	}
}

TEST(an_interactive_app_is_not_started_again)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	f.options.interactive = true;
	check_ok(fixture_plan_app(&f, NULL, NULL, POLICY("always")), &f.err);
	check_int(f.plan.restart, PLAN_RESTART_NO);
	check_contains(fixture_verdict(&f, NULL, "--restart"), "ignored");
}

TEST(policies_that_are_none_are_refused)
{
	static const char *const bad[] = { POLICY(""), POLICY("sometimes"), POLICY("Always") };

	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
		auto_fixture struct fixture f;

		fixture_init(&f);
		check_int(fixture_plan_app(&f, NULL, NULL, bad[i]), -EINVAL);
		check_contains(f.err.text, "neither no, on-failure nor always");
	}
}
