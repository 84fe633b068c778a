/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "common/base/cleanup.h"
#include "tests/unit/plan/plan_fixture.h"
#include "tests/unit/test.h"

#define SIZE(value)                                                                                \
	"\"annotations\":[{\"name\":\"coreos.com/rkt/stage1/log-size\",\"value\":\"" value "\"}]"

TEST(output_is_kept_without_being_asked_where_somebody_can)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_ok(fixture_plan_app(&f, NULL, NULL, NULL), &f.err);
	check_uint(f.plan.log_bytes, PLAN_LOG_SIZE_DEFAULT);
	check_text(fixture_verdict(&f, NULL, "--log-size"), "none");
}

TEST(a_size_that_is_asked_for_is_enforced)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_ok(fixture_plan_app(&f, NULL, NULL, SIZE("2Mi")), &f.err);
	check_uint(f.plan.log_bytes, 2 << 20);
	check_contains(fixture_verdict(&f, NULL, "--log-size"), "enforced");
}

TEST(nothing_is_kept_when_nothing_shall_be)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_ok(fixture_plan_app(&f, NULL, NULL, SIZE("0")), &f.err);
	check_uint(f.plan.log_bytes, 0);
	check_contains(fixture_verdict(&f, NULL, "--log-size"), "enforced");
}

TEST(what_passes_through_a_terminal_is_not_kept)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	f.options.interactive = true;
	check_ok(fixture_plan_app(&f, NULL, NULL, SIZE("2Mi")), &f.err);
	check_uint(f.plan.log_bytes, 0);
	check_contains(fixture_verdict(&f, NULL, "--log-size"), "ignored");
	check_contains(fixture_verdict(&f, NULL, "--log-size"), "terminal");
}

TEST(an_app_that_takes_the_place_of_run_has_nobody_to_keep_its_output)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	f.traits = &fixture_fly;
	f.options.networks = NULL;
	f.options.n_networks = 0;
	check_ok(fixture_plan_app(&f, NULL, NULL, SIZE("2Mi")), &f.err);
	check_uint(f.plan.log_bytes, 0);
	check_contains(fixture_verdict(&f, NULL, "--log-size"), "ignored");
	check_ok(fixture_plan_app(&f, NULL, NULL, SIZE("0")), &f.err);
	check_contains(fixture_verdict(&f, NULL, "--log-size"), "enforced");
	check_ok(fixture_plan_app(&f, NULL, NULL, NULL), &f.err);
	check_text(fixture_verdict(&f, NULL, "--log-size"), "none");
}

TEST(sizes_that_cannot_be_are_refused)
{
	static const char *const bad[] = { SIZE("4Ki"), SIZE("2Ti"), SIZE("-1"), SIZE("much"),
					   SIZE("") };

	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
		auto_fixture struct fixture f;

		fixture_init(&f);
		check_int(fixture_plan_app(&f, NULL, NULL, bad[i]), -EINVAL);
		check_contains(f.err.text, "neither 0 nor a size from 1Mi to 1Ti");
	}
}
