/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "tests/unit/plan/plan_fixture.h"
#include "tests/unit/test.h"

#define OOM(number)   "{\"name\":\"os/linux/oom-score-adj\",\"value\":" number "}"
#define RLIMITS(list) "{\"name\":\"os/unix/rlimits\",\"value\":" list "}"

TEST(an_oom_score_is_set_as_asked_where_that_is_possible)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_ok(fixture_plan_isolators(&f, OOM("-500"), NULL), &f.err);
	check_true(fixture_app(&f)->has_oom_score_adj);
	check_int(fixture_app(&f)->oom_score_adj, -500);
	check_text(fixture_verdict(&f, "a", "os/linux/oom-score-adj"), "enforced");
}

TEST(an_oom_score_falls_no_further_than_our_own_without_the_right)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	f.host.may_raise_limits = false;
	check_ok(fixture_plan_isolators(&f, OOM("-500"), NULL), &f.err);
	check_int(fixture_app(&f)->oom_score_adj, -17);
	check_contains(fixture_verdict(&f, "a", "os/linux/oom-score-adj"), "modified: -17");
	check_ok(fixture_plan_isolators(&f, OOM("-17"), NULL), &f.err);
	check_text(fixture_verdict(&f, "a", "os/linux/oom-score-adj"), "enforced");
}

TEST(a_hard_limit_rises_only_with_the_right)
{
	static const char asked[] = RLIMITS("{\"RLIMIT_NOFILE\":{\"soft\":4096,\"hard\":8192}}");
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_ok(fixture_plan_isolators(&f, asked, NULL), &f.err);
	check_uint(fixture_app(&f)->n_rlimits, 1);
	check_uint(fixture_app(&f)->rlimits[0].hard, 8192);
	check_text(fixture_verdict(&f, "a", "os/unix/rlimits"), "enforced");
	f.host.may_raise_limits = false;
	check_ok(fixture_plan_isolators(&f, asked, NULL), &f.err);
	check_uint(fixture_app(&f)->rlimits[0].soft, 1024);
	check_uint(fixture_app(&f)->rlimits[0].hard, 1024);
	check_contains(fixture_verdict(&f, "a", "os/unix/rlimits"),
		       "modified: RLIMIT_NOFILE at most 1024");
}

TEST(no_new_privileges_is_set_only_when_asked_for)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_ok(fixture_plan_isolators(&f, "", NULL), &f.err);
	check_true(!fixture_app(&f)->no_new_privileges);
	check_ok(fixture_plan_isolators(
		     &f, "{\"name\":\"os/linux/no-new-privileges\",\"value\":true}", NULL),
		 &f.err);
	check_true(fixture_app(&f)->no_new_privileges);
	check_text(fixture_verdict(&f, "a", "os/linux/no-new-privileges"), "enforced");
}

#define APPARMOR(text) "{\"name\":\"os/linux/apparmor-profile\",\"value\":\"" text "\"}"

TEST(labels_of_the_pod_hold_for_apps_without_their_own)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_ok(fixture_plan_isolators(&f, NULL, APPARMOR("pod-profile")), &f.err);
	check_text(fixture_app(&f)->apparmor_profile, "pod-profile");
	check_text(fixture_verdict(&f, NULL, "os/linux/apparmor-profile"), "enforced");
	check_text(fixture_verdict(&f, "a", "os/linux/apparmor-profile"), "none");
	check_ok(fixture_plan_isolators(&f, APPARMOR("own"), APPARMOR("pod-profile")), &f.err);
	check_text(fixture_app(&f)->apparmor_profile, "own");
}

TEST(labels_without_their_security_module_are_ignored_aloud)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	f.host.apparmor = false;
	check_ok(fixture_plan_isolators(&f, APPARMOR("own"), NULL), &f.err);
	check_true(fixture_app(&f)->apparmor_profile == NULL);
	check_contains(fixture_verdict(&f, "a", "os/linux/apparmor-profile"), "ignored: ");
}
