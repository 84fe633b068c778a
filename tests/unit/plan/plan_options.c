/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "tests/unit/plan/plan_fixture.h"
#include "tests/unit/test.h"

static int plan(struct fixture *f)
{
	return fixture_plan_app(f, NULL, NULL, NULL);
}

TEST(a_pod_is_named_after_its_uuid)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_ok(plan(&f), &f.err);
	check_text(f.plan.hostname, "rkt-" FIXTURE_UUID);
	check_text(f.plan.uuid, FIXTURE_UUID);
	check_text(f.plan.isolator, "coreos");
	check_true(f.plan.own_pid && f.plan.own_ipc && f.plan.own_uts && f.plan.own_cgroup);
	check_true(f.plan.supervised);
	check_true(fixture_app(&f)->protect_paths);
}

TEST(a_hostname_is_set_or_ignored_aloud)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	f.options.hostname = "web-1.example";
	check_ok(plan(&f), &f.err);
	check_text(f.plan.hostname, "web-1.example");
	check_text(fixture_verdict(&f, NULL, "--hostname"), "enforced");
	f.traits = &fixture_fly;
	check_ok(plan(&f), &f.err);
	check_true(f.plan.hostname == NULL);
	check_contains(fixture_verdict(&f, NULL, "--hostname"), "ignored: ");
}

TEST(what_is_no_hostname_is_refused)
{
	static const char *const bad[] = {
		"",
		"a b",
		"-a",
		"a\n",
		"a..b",
		".a",
		"\xc3\xa4",
		"0123456789012345678901234567890123456789012345678901234567890123456789",
	};

	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
		auto_fixture struct fixture f;

		fixture_init(&f);
		f.options.hostname = bad[i];
		check_int(plan(&f), -EINVAL);
		check_contains(f.err.text, "--hostname");
	}
}

TEST(ipc_is_private_unless_the_parent_s_is_asked_for)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	f.options.ipc = PLAN_IPC_PARENT;
	check_ok(plan(&f), &f.err);
	check_true(!f.plan.own_ipc);
	check_text(fixture_verdict(&f, NULL, "--ipc"), "enforced");
	f.options.ipc = PLAN_IPC_PRIVATE;
	check_ok(plan(&f), &f.err);
	check_true(f.plan.own_ipc);
	check_text(fixture_verdict(&f, NULL, "--ipc"), "enforced");
	f.traits = &fixture_fly;
	check_ok(plan(&f), &f.err);
	check_true(!f.plan.own_ipc);
	check_contains(fixture_verdict(&f, NULL, "--ipc"), "ignored: ");
	f.traits = &fixture_kvm;
	f.options.ipc = PLAN_IPC_PARENT;
	check_ok(plan(&f), &f.err);
	check_true(f.plan.own_ipc);
	check_contains(fixture_verdict(&f, NULL, "--ipc"), "ignored: ");
}

TEST(private_users_need_the_isolator_and_the_kernel)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	f.options.has_private_users = true;
	f.options.user_base = 100000;
	f.options.user_count = 65536;
	check_ok(plan(&f), &f.err);
	check_true(f.plan.own_user);
	check_uint(f.plan.user_base, 100000);
	check_text(fixture_verdict(&f, NULL, "--private-users"), "enforced");
	f.host.user_namespaces = false;
	check_ok(plan(&f), &f.err);
	check_true(!f.plan.own_user);
	check_contains(fixture_verdict(&f, NULL, "--private-users"), "ignored: ");
	f.traits = &fixture_fly;
	check_ok(plan(&f), &f.err);
	check_contains(fixture_verdict(&f, NULL, "--private-users"), "ignored: ");
}

TEST(a_range_of_users_that_is_none_is_refused)
{
	static const uint32_t ranges[][2] = { { 0, 0 }, { 4294967294U, 2 }, { 1, 4294967295U } };

	for (size_t i = 0; i < ARRAY_LENGTH(ranges); i++) {
		auto_fixture struct fixture f;

		fixture_init(&f);
		f.options.has_private_users = true;
		f.options.user_base = ranges[i][0];
		f.options.user_count = ranges[i][1];
		check_int(plan(&f), -EINVAL);
	}
}

TEST(ids_beyond_the_mapped_ones_are_refused)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	f.options.has_private_users = true;
	f.options.user_base = 100000;
	f.options.user_count = 65536;
	check_int(fixture_plan_app(&f, "\"supplementaryGIDs\":[65536]", NULL, NULL), -EINVAL);
	check_contains(f.err.text, "65536");
	check_ok(fixture_plan_app(&f, "\"supplementaryGIDs\":[65535]", NULL, NULL), &f.err);
}

TEST(mutable_pods_are_refused_with_what_is_missing)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	f.options.mutable_pod = true;
	check_int(plan(&f), -ENOTSUP);
	check_contains(f.err.text, "app/add");
}

TEST(a_uuid_that_is_none_becomes_no_name)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	f.options.uuid = "../../etc";
	check_int(plan(&f), -EINVAL);
	f.options.uuid = NULL;
	check_int(plan(&f), -EINVAL);
}

TEST(paths_are_unprotected_only_when_asked_for)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	f.options.disable_paths = true;
	check_ok(plan(&f), &f.err);
	check_true(!fixture_app(&f)->protect_paths);
	check_contains(fixture_verdict(&f, NULL, "--disable-paths"), "enforced");
}

#define TWO_APPS                                                                                   \
	"{\"acVersion\":\"0.8.11\",\"acKind\":\"PodManifest\",\"apps\":["                          \
	"{\"name\":\"a\",\"image\":{\"id\":\"" IMAGE "\"},\"app\":" APP "},"                       \
	"{\"name\":\"b\",\"image\":{\"id\":\"" IMAGE "\"},\"app\":" APP "}]}"
#define IMAGE "sha512-f9f1c36a605690d79c4004f567729f22864c6bc528eee6b3c4cd9d36c68e0401"
#define APP   "{\"exec\":[\"/a\"],\"user\":\"0\",\"group\":\"0\"}"

TEST(a_terminal_is_for_one_app)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	f.options.interactive = true;
	check_ok(plan(&f), &f.err);
	check_true(f.plan.interactive);
	check_int(fixture_plan(&f, TWO_APPS), -EINVAL);
	check_contains(f.err.text, "--interactive");
}

TEST(somebody_stays_when_there_is_more_than_one_app_or_something_left_to_do)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	f.traits = &fixture_fly;
	check_ok(plan(&f), &f.err);
	check_true(!f.plan.supervised);
	check_ok(fixture_plan(&f, TWO_APPS), &f.err);
	check_true(f.plan.supervised);
	check_uint(f.plan.n_apps, 2);
	check_ok(fixture_plan_app(&f,
				  "\"eventHandlers\":[{\"name\":\"post-stop\",\"exec\":[\"/p\"]}]",
				  NULL, NULL),
		 &f.err);
	check_true(f.plan.supervised);
	check_uint(fixture_app(&f)->n_post_stop, 1);
	check_text(fixture_app(&f)->post_stop[0].argv.items[0], "/p");
	check_uint(fixture_app(&f)->n_pre_start, 0);
}

TEST(streams_beyond_the_log_are_ignored_aloud)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_ok(
	    fixture_plan_app(
		&f, NULL,
		"\"annotations\":[{\"name\":\"coreos.com/rkt/stage2/stdin\",\"value\":\"null\"},"
		"{\"name\":\"coreos.com/rkt/stage2/stdout\",\"value\":\"stream\"}]",
		NULL),
	    &f.err);
	check_text(fixture_verdict(&f, "a", "coreos.com/rkt/stage2/stdin"), "none");
	check_contains(fixture_verdict(&f, "a", "coreos.com/rkt/stage2/stdout"), "ignored: ");
}

TEST(an_app_without_a_command_is_refused)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_int(fixture_plan(&f, "{\"acVersion\":\"0.8.11\",\"acKind\":\"PodManifest\",\"apps\":["
				   "{\"name\":\"a\",\"image\":{\"id\":\"" IMAGE "\"}}]}"),
		  -EINVAL);
	check_contains(f.err.text, "app a");
}
