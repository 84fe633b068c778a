/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "tests/unit/plan/plan_fixture.h"
#include "tests/unit/test.h"

#include <signal.h>

#include "common/plan/plan_parts.h"

#define ANNOTATIONS(list) "\"annotations\":[" list "]"
#define PAIR(name, value) "{\"name\":\"" name "\",\"value\":\"" value "\"}"
#define STOP_SIGNAL       "appc.io/executor/stop-signal"
#define GRACE             "coreos.com/rkt/stage2/stop-grace-seconds"

TEST(signals_have_names_and_numbers)
{
	static const struct {
		const char *text;
		int number;
	} good[] = {
		{ "SIGQUIT", SIGQUIT }, { "QUIT", SIGQUIT },  { "15", 15 },
		{ "64", 64 },           { "SIGRTMIN+3", 37 }, { "RTMIN", 34 },
	};
	static const char *const bad[] = { "",        "0",       "65",      "-1",
					   "SIG",     "SIGNONE", "sigterm", "RTMIN+31",
					   "RTMIN-1", "RTMINX",  "SIG15" };
	int number = -1;

	for (size_t i = 0; i < ARRAY_LENGTH(good); i++) {
		check_int(plan_signal_number(good[i].text, &number), 0);
		check_int(number, good[i].number);
	}
	number = -1;
	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
		check_int(plan_signal_number(bad[i], &number), -EINVAL);
		check_int(number, -1);
	}
}

TEST(an_app_is_asked_by_term_and_has_ten_seconds)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_ok(fixture_plan_app(&f, NULL, NULL, NULL), &f.err);
	check_int(fixture_app(&f)->stop_signal, SIGTERM);
	check_uint(fixture_app(&f)->stop_grace_ms, 10000);
	check_true(!fixture_app(&f)->notify);
}

TEST(the_image_says_how_it_wants_to_be_stopped)
{
	static const struct manifest_pair pairs[] = {
		{ STOP_SIGNAL, "SIGQUIT" },
		{ "appc.io/executor/supports-systemd-notify", "true" },
	};
	static const struct image_manifest image = { .annotations = { pairs, 2 } };
	auto_fixture struct fixture f;

	fixture_init(&f);
	f.images = &image;
	check_ok(fixture_plan_app(&f, NULL, NULL, NULL), &f.err);
	check_int(fixture_app(&f)->stop_signal, SIGQUIT);
	check_true(fixture_app(&f)->notify);
	check_ok(fixture_plan_app(&f, NULL, ANNOTATIONS(PAIR(STOP_SIGNAL, "SIGINT")), NULL),
		 &f.err);
	check_int(fixture_app(&f)->stop_signal, SIGINT);
}

TEST(an_app_s_grace_comes_before_the_pod_s)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_ok(fixture_plan_app(&f, NULL, NULL, ANNOTATIONS(PAIR(GRACE, "3"))), &f.err);
	check_uint(fixture_app(&f)->stop_grace_ms, 3000);
	check_ok(fixture_plan_app(&f, NULL, ANNOTATIONS(PAIR(GRACE, "0")),
				  ANNOTATIONS(PAIR(GRACE, "3"))),
		 &f.err);
	check_uint(fixture_app(&f)->stop_grace_ms, 0);
}

TEST(nonsense_is_refused_with_its_annotation)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_int(fixture_plan_app(&f, NULL, ANNOTATIONS(PAIR(STOP_SIGNAL, "SIGNONE")), NULL),
		  -EINVAL);
	check_contains(f.err.text, STOP_SIGNAL);
	check_int(fixture_plan_app(&f, NULL, ANNOTATIONS(PAIR(GRACE, "86401")), NULL), -EINVAL);
	check_contains(f.err.text, GRACE);
}
