/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "tests/unit/plan/plan_fixture.h"
#include "tests/unit/test.h"

#include "common/plan/plan_verdict.h"

#define STRICT(value)                                                                              \
	"\"annotations\":[{\"name\":\"" PLAN_STRICT_ANNOTATION "\",\"value\":\"" value "\"}]"

TEST(a_verdict_is_one_line)
{
	static const struct plan_verdict verdict = {
		.app = "app-a",
		.request = "resource/memory",
		.asked = "limit=50M",
		.kind = PLAN_IGNORED,
		.detail = "no memory controller",
	};
	auto_text struct text line = { 0 };

	check_int(plan_verdict_write(&verdict, &line), 0);
	check_text(text_string(&line),
		   "app-a: resource/memory limit=50M: ignored: no memory controller");
}

TEST(a_manifest_cannot_speak_to_the_terminal_through_a_verdict)
{
	static const struct plan_verdict verdict = {
		.request = "x\033[2J",
		.asked = "a\nb",
		.kind = PLAN_ENFORCED,
		.detail = "",
	};
	auto_text struct text line = { 0 };

	check_int(plan_verdict_write(&verdict, &line), 0);
	check_text(text_string(&line), "x?[2J a?b: enforced");
}

TEST(a_pod_that_is_not_strict_runs_with_what_it_gets)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	f.options.n_networks = 0;
	check_ok(fixture_plan_app(&f, NULL, NULL, STRICT("false")), &f.err);
	check_true(!f.plan.strict);
	check_ok(plan_check_strict(&f.plan, &f.err), &f.err);
}

TEST(a_strict_pod_refuses_what_it_does_not_get)
{
	auto_fixture struct fixture f;
	struct plan_traits traits = fixture_coreos;

	traits.network_plugins = false;
	fixture_init(&f);
	f.traits = &traits;
	check_ok(fixture_plan_app(&f, NULL, NULL, STRICT("true")), &f.err);
	check_true(f.plan.strict);
	check_ok(plan_check_strict(&f.plan, &f.err), &f.err);
	f.options.n_networks = 0;
	check_ok(fixture_plan_app(&f, NULL, NULL, STRICT("true")), &f.err);
	check_int(plan_check_strict(&f.plan, &f.err), -ENOTSUP);
	check_contains(f.err.text, "strict: --net default: modified: ");
}

TEST(a_long_list_of_refusals_is_counted)
{
	static const struct plan_verdict verdicts[] = {
		{ .request = "a", .asked = "", .kind = PLAN_IGNORED, .detail = "" },
		{ .request = "b", .asked = "", .kind = PLAN_IGNORED, .detail = "" },
		{ .request = "c", .asked = "", .kind = PLAN_IGNORED, .detail = "" },
		{ .request = "d", .asked = "", .kind = PLAN_IGNORED, .detail = "" },
		{ .request = "e", .asked = "", .kind = PLAN_MODIFIED, .detail = "" },
	};
	static const struct plan plan = { .strict = true, .verdicts = verdicts, .n_verdicts = 5 };
	struct error err = { 0 };

	check_int(plan_check_strict(&plan, &err), -ENOTSUP);
	check_text(err.text, "strict: a: ignored; b: ignored; c: ignored; and 2 more");
}

TEST(strict_is_a_truth_value)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_int(fixture_plan_app(&f, NULL, NULL, STRICT("yes")), -EINVAL);
	check_contains(f.err.text, PLAN_STRICT_ANNOTATION);
}
