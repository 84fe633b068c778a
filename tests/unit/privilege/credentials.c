/* SPDX-License-Identifier: Apache-2.0 */
#include "common/privilege/credentials.h"

#include <errno.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/privilege/capability.h"
#include "tests/unit/test.h"

static const uint32_t groups[] = { 7, 3000000000U };

TEST(all_ids_are_changed)
{
	const struct credentials wanted = { .uid = 33, .gid = 44, .groups = groups, .n_groups = 2 };
	struct error err = { 0 };
	uid_t uid[3];
	gid_t gid[3], got[8];

	test_need_root();
	check_ok(credentials_set(&wanted, false, &err), &err);
	check_int(getresuid(&uid[0], &uid[1], &uid[2]), 0);
	check_int(getresgid(&gid[0], &gid[1], &gid[2]), 0);
	for (int i = 0; i < 3; i++) {
		check_uint(uid[i], 33);
		check_uint(gid[i], 44);
	}
	check_int(setfsuid((uid_t)-1), 33);
	check_int(getgroups(8, got), 2);
	check_uint(got[0], 7);
	check_uint(got[1], 3000000000U);
}

TEST(no_groups_means_none)
{
	const struct credentials wanted = { .uid = 0, .gid = 0 };
	struct error err = { 0 };
	gid_t got[8];

	test_need_root();
	check_int((int)syscall(SYS_setgroups, 2, groups), 0);
	check_ok(credentials_set(&wanted, false, &err), &err);
	check_int(getgroups(8, got), 0);
}

TEST(capabilities_go_with_the_user_unless_kept)
{
	const struct credentials wanted = { .uid = 33, .gid = 33 };
	struct capability_sets sets;
	struct error err = { 0 };

	test_need_root();
	check_ok(credentials_set(&wanted, false, &err), &err);
	check_ok(capability_get(&sets, &err), &err);
	check_uint(sets.permitted, 0);
	check_int(credentials_set(&(struct credentials){ 0 }, false, &err), -EPERM);
}

TEST(kept_capabilities_are_permitted_but_not_effective)
{
	const struct credentials wanted = { .uid = 33, .gid = 33 };
	struct capability_sets sets;
	struct error err = { 0 };

	test_need_root();
	check_ok(credentials_set(&wanted, true, &err), &err);
	check_ok(capability_get(&sets, &err), &err);
	check_true(sets.permitted != 0);
	check_uint(sets.effective, 0);
}

TEST(an_id_that_nobody_can_have_is_refused)
{
	const struct credentials wanted = {
		.uid = 0, .gid = 0, .groups = &(uint32_t){ UINT32_MAX }, .n_groups = 1
	};
	struct error err = { 0 };

	test_need_root();
	check_int(credentials_set(&wanted, false, &err), -EINVAL);
	check_contains(err.text, "setting 1 supplementary groups");
}
