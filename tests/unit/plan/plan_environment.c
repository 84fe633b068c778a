/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "tests/unit/plan/plan_fixture.h"
#include "tests/unit/test.h"

static void check_environment(const struct fixture *f, const char *const *want)
{
	const struct plan_strings *got = &fixture_app(f)->environment;

	for (size_t i = 0; i < got->n; i++)
		check_text(got->items[i], want[i]);
	check_true(want[got->n] == NULL);
	check_true(got->items[got->n] == NULL);
}

TEST(an_app_that_sets_nothing_has_a_path_and_knows_its_name)
{
	static const char *const want[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"AC_APP_NAME=a", "container=rkt", NULL
	};
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_ok(fixture_plan_app(&f, NULL, NULL, NULL), &f.err);
	check_environment(&f, want);
}

TEST(the_manifest_s_variables_keep_their_order)
{
	static const char *const want[] = { "VAR=x",         "PATH=/bin",     "A=b=c",
					    "AC_APP_NAME=a", "container=rkt", NULL };
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_ok(fixture_plan_app(&f,
				  "\"environment\":[{\"name\":\"VAR\",\"value\":\"x\"},"
				  "{\"name\":\"PATH\",\"value\":\"/bin\"},"
				  "{\"name\":\"A\",\"value\":\"b=c\"}]",
				  NULL, NULL),
		 &f.err);
	check_environment(&f, want);
}

TEST(a_manifest_cannot_forge_who_runs_the_app)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_ok(fixture_plan_app(&f,
				  "\"environment\":[{\"name\":\"AC_APP_NAME\",\"value\":\"other\"},"
				  "{\"name\":\"container\",\"value\":\"oci\"}]",
				  NULL, NULL),
		 &f.err);
	check_true(fixture_has(&fixture_app(&f)->environment, "AC_APP_NAME=a"));
	check_true(fixture_has(&fixture_app(&f)->environment, "container=rkt"));
	check_uint(fixture_app(&f)->environment.n, 3);
}

TEST(a_metadata_token_is_for_pods_that_reach_the_service)
{
	static const char *const host[] = { "host" };
	auto_fixture struct fixture f;

	fixture_init(&f);
	f.options.mds_token = "0123abcd";
	check_ok(fixture_plan_app(&f, NULL, NULL, NULL), &f.err);
	check_contains(fixture_verdict(&f, NULL, "--mds-token"), "ignored: no network");
	check_uint(fixture_app(&f)->environment.n, 3);
	check_true(f.plan.metadata_token == NULL);
	f.options.networks = host;
	check_ok(fixture_plan_app(&f, NULL, NULL, NULL), &f.err);
	check_text(fixture_verdict(&f, NULL, "--mds-token"), "enforced");
	check_true(fixture_has(&fixture_app(&f)->environment,
			       "AC_METADATA_URL=http://127.0.0.1:18112/0123abcd"));
	f.options.mds_token = "x/../y\n";
	check_int(fixture_plan_app(&f, NULL, NULL, NULL), -EINVAL);
}
