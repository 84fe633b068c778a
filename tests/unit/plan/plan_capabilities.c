/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "tests/unit/plan/plan_fixture.h"
#include "tests/unit/test.h"

#define CAPS(kind, set)                                                                            \
	"{\"name\":\"os/linux/capabilities-" kind "-set\",\"value\":{\"set\":[" set "]}}"

enum { CHOWN = 0, KILL = 5, NET_ADMIN = 12, SYS_ADMIN = 21, MKNOD = 27 };

static uint64_t bit(int capability)
{
	return (uint64_t)1 << capability;
}

TEST(without_an_isolator_an_app_has_the_default_set)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_ok(fixture_plan_isolators(&f, NULL, NULL), &f.err);
	check_uint(fixture_app(&f)->capabilities, isolator_default_capabilities());
	check_uint(f.plan.n_verdicts, 1); /* --net=none */
}

TEST(a_retained_set_is_the_whole_set)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_ok(fixture_plan_isolators(&f, CAPS("retain", "\"CAP_NET_ADMIN\",\"CAP_KILL\""), NULL),
		 &f.err);
	check_uint(fixture_app(&f)->capabilities, bit(NET_ADMIN) | bit(KILL));
	check_text(fixture_verdict(&f, "a", "os/linux/capabilities-retain-set"), "enforced");
}

TEST(a_removed_set_leaves_the_rest_of_the_default)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_ok(
	    fixture_plan_isolators(&f, CAPS("remove", "\"CAP_MKNOD\",\"CAP_SYS_ADMIN\""), NULL),
	    &f.err);
	check_uint(fixture_app(&f)->capabilities, isolator_default_capabilities() & ~bit(MKNOD));
}

TEST(retaining_and_removing_exclude_each_other)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_int(fixture_plan_isolators(
		      &f, CAPS("retain", "\"CAP_KILL\"") "," CAPS("remove", "\"CAP_MKNOD\""), NULL),
		  -EINVAL);
	check_contains(f.err.text, "exclude each other");
}

TEST(what_we_do_not_hold_cannot_be_given)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	f.host.capabilities = bit(CHOWN) | bit(KILL);
	check_ok(fixture_plan_isolators(&f, CAPS("retain", "\"CAP_NET_ADMIN\",\"CAP_KILL\""), NULL),
		 &f.err);
	check_uint(fixture_app(&f)->capabilities, bit(KILL));
	check_contains(fixture_verdict(&f, "a", "os/linux/capabilities-retain-set"),
		       "modified: without CAP_NET_ADMIN");
}

TEST(the_operator_may_leave_all_capabilities)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	f.options.disable_capabilities = true;
	check_ok(fixture_plan_isolators(&f, CAPS("retain", "\"CAP_KILL\""), NULL), &f.err);
	check_uint(fixture_app(&f)->capabilities, f.host.capabilities);
	check_contains(fixture_verdict(&f, "a", "os/linux/capabilities-retain-set"), "ignored: ");
	check_contains(fixture_verdict(&f, NULL, "--disable-capabilities-restriction"), "enforced");
}

TEST(an_app_that_may_mount_gets_a_device_policy)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	check_ok(fixture_plan_isolators(&f, CAPS("retain", "\"CAP_SYS_ADMIN\""), NULL), &f.err);
	check_true(fixture_app(&f)->device_policy);
	check_ok(fixture_plan_isolators(&f, CAPS("retain", "\"CAP_MKNOD\""), NULL), &f.err);
	check_true(!fixture_app(&f)->device_policy);
	f.traits = &fixture_fly;
	check_ok(fixture_plan_isolators(&f, CAPS("retain", "\"CAP_SYS_ADMIN\""), NULL), &f.err);
	check_true(!fixture_app(&f)->device_policy);
}
