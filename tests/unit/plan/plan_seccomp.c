/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "tests/unit/plan/plan_fixture.h"
#include "tests/unit/test.h"

#define SECCOMP(kind, value) "{\"name\":\"os/linux/seccomp-" kind "-set\",\"value\":{" value "}}"

static const struct plan_seccomp *plan(struct fixture *f, const char *isolators)
{
	fixture_init(f);
	check_ok(fixture_plan_isolators(f, isolators, NULL), &f->err);
	return &fixture_app(f)->seccomp;
}

TEST(without_an_isolator_the_default_filter_applies)
{
	auto_fixture struct fixture f;
	const struct plan_seccomp *seccomp = plan(&f, NULL);

	check_int(seccomp->mode, PLAN_SECCOMP_ALLOW_LIST);
	check_text(seccomp->errno_name, "EPERM");
	check_text(seccomp->known_set, "@rkt/default-whitelist");
	check_text(seccomp->known_set, "@rkt/default-whitelist");
	check_uint(seccomp->calls.n, 0);
}

TEST(a_retained_set_is_sorted_whole_and_can_start_and_end)
{
	auto_fixture struct fixture f;
	const struct plan_seccomp *seccomp = plan(
	    &f, SECCOMP("retain", "\"set\":[\"write\",\"read\",\"write\"],\"errno\":\"ENOSYS\""));
	static const char *const want[] = { "execve",       "execveat",  "exit",
					    "exit_group",   "read",      "restart_syscall",
					    "rt_sigreturn", "sigreturn", "write" };

	check_int(seccomp->mode, PLAN_SECCOMP_ALLOW_LIST);
	check_text(seccomp->errno_name, "ENOSYS");
	check_true(seccomp->known_set == NULL);
	check_uint(seccomp->calls.n, ARRAY_LENGTH(want));
	for (size_t i = 0; i < ARRAY_LENGTH(want); i++)
		check_text(seccomp->calls.items[i], want[i]);
	check_true(seccomp->calls.items[seccomp->calls.n] == NULL);
	check_text(fixture_verdict(&f, "a", "os/linux/seccomp-retain-set"), "enforced");
}

TEST(a_set_without_an_errno_kills)
{
	auto_fixture struct fixture f;
	const struct plan_seccomp *seccomp =
	    plan(&f, SECCOMP("retain", "\"set\":[\"@rkt/default-whitelist\"]"));

	check_true(seccomp->errno_name == NULL);
	check_text(seccomp->known_set, "@rkt/default-whitelist");
}

TEST(a_wildcard_can_be_added_to)
{
	auto_fixture struct fixture f;
	const struct plan_seccomp *seccomp = plan(
	    &f, SECCOMP("retain", "\"set\":[\"@rkt/default-whitelist\",\"umount\",\"umount2\"]"));

	check_true(seccomp->known_set == NULL);
	check_true(fixture_has(&seccomp->calls, "umount2"));
	check_true(fixture_has(&seccomp->calls, "openat"));
}

TEST(retaining_all_means_no_filter)
{
	auto_fixture struct fixture f;
	const struct plan_seccomp *seccomp =
	    plan(&f, SECCOMP("retain", "\"set\":[\"read\",\"@appc.io/all\"]"));

	check_int(seccomp->mode, PLAN_SECCOMP_NONE);
	check_contains(fixture_verdict(&f, "a", "os/linux/seccomp-retain-set"),
		       "enforced: no filter");
}

TEST(removing_the_empty_set_asks_for_the_default)
{
	auto_fixture struct fixture f;
	const struct plan_seccomp *seccomp = plan(
	    &f, SECCOMP("remove", "\"set\":[\"socket\",\"@appc.io/empty\"],\"errno\":\"ENOTSUP\""));

	check_int(seccomp->mode, PLAN_SECCOMP_ALLOW_LIST);
	check_text(seccomp->errno_name, "ENOTSUP");
	check_text(seccomp->known_set, "@rkt/default-whitelist");
}

TEST(a_removed_set_is_a_deny_list)
{
	auto_fixture struct fixture f;
	const struct plan_seccomp *seccomp =
	    plan(&f, SECCOMP("remove", "\"set\":[\"@systemd/mount\",\"socket\"]"));

	check_int(seccomp->mode, PLAN_SECCOMP_DENY_LIST);
	check_true(fixture_has(&seccomp->calls, "socket"));
	check_true(fixture_has(&seccomp->calls, "move_mount"));
	check_true(!fixture_has(&seccomp->calls, "execve"));
}

TEST(what_is_no_set_is_refused)
{
	static const struct {
		const char *isolators;
		const char *message;
	} cases[] = {
		{ SECCOMP("retain", "\"set\":[\"@rkt/nonsense\"]"), "@rkt/nonsense" },
		{ SECCOMP("retain", "\"set\":[\"read;rm\"]"), "read;rm" },
		{ SECCOMP("remove", "\"set\":[\"@appc.io/all\"]"), "nothing can run" },
		{ SECCOMP("remove", "\"set\":[\"read\"]") "," SECCOMP("retain",
								      "\"set\":[\"write\"]"),
		  "exclude each other" },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		auto_fixture struct fixture f;

		fixture_init(&f);
		check_int(fixture_plan_isolators(&f, cases[i].isolators, NULL), -EINVAL);
		check_contains(f.err.text, cases[i].message);
	}
}

TEST(the_operator_may_switch_filters_off)
{
	auto_fixture struct fixture f;

	fixture_init(&f);
	f.options.disable_seccomp = true;
	check_ok(fixture_plan_isolators(&f, SECCOMP("remove", "\"set\":[\"socket\"]"), NULL),
		 &f.err);
	check_int(fixture_app(&f)->seccomp.mode, PLAN_SECCOMP_NONE);
	check_contains(fixture_verdict(&f, "a", "os/linux/seccomp-remove-set"), "ignored: ");
	check_contains(fixture_verdict(&f, NULL, "--disable-seccomp"), "enforced");
}
