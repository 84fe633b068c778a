/* SPDX-License-Identifier: Apache-2.0 */
#include "common/privilege/capability.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/kernel/procfs.h"
#include "tests/unit/test.h"

#define KEPT (CAPABILITY_BIT(CAP_CHOWN) | CAPABILITY_BIT(CAP_SETPCAP) | CAPABILITY_BIT(CAP_KILL))

static struct capability_sets get(void)
{
	struct capability_sets sets;
	struct error err = { 0 };

	check_ok(capability_get(&sets, &err), &err);
	return sets;
}

TEST(the_sets_are_those_of_proc)
{
	char value[PROCFS_MAX_BYTES];
	struct error err = { 0 };
	struct capability_sets sets = get();
	int proc = -1;

	check_ok(procfs_open(&proc, &err), &err);
	check_ok(procfs_read_status(proc, getpid(), "CapBnd", value, &err), &err);
	check_uint(strtoull(value, NULL, 16), sets.bounding);
	check_ok(procfs_read_status(proc, getpid(), "CapPrm", value, &err), &err);
	check_uint(strtoull(value, NULL, 16), sets.permitted);
	check_ok(procfs_read_status(proc, getpid(), "CapEff", value, &err), &err);
	check_uint(strtoull(value, NULL, 16), sets.effective);
}

TEST(all_but_the_kept_leave_the_bounding_set)
{
	struct error err = { 0 };

	test_need_root();
	check_ok(capability_bound(KEPT, &err), &err);
	check_uint(get().bounding, KEPT);
	check_ok(capability_bound(0, &err), &err);
	check_uint(get().bounding, 0);
}

TEST(what_is_held_is_exact_and_the_rest_empty)
{
	struct error err = { 0 };
	struct capability_sets sets;

	test_need_root();
	check_ok(capability_hold(KEPT, &err), &err);
	sets = get();
	check_uint(sets.permitted, KEPT);
	check_uint(sets.effective, KEPT);
	check_uint(sets.inheritable, 0);
	check_uint(sets.ambient, 0);
	check_ok(capability_hold(0, &err), &err);
	check_uint(get().permitted, 0);
}

TEST(what_is_gone_does_not_come_back)
{
	struct error err = { 0 };

	test_need_root();
	check_ok(capability_hold(CAPABILITY_BIT(CAP_KILL), &err), &err);
	check_int(capability_hold(KEPT, &err), -EPERM);
	check_contains(err.text, "setting the capabilities");
	check_int(capability_bound(KEPT, &err), -EPERM);
	check_contains(err.text, "bounding set");
}

TEST(the_ambient_set_is_emptied_as_well)
{
	struct error err = { 0 };
	/* Inheritable and permitted CAP_KILL, which makes it fit for the ambient set. */
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { 0 } };

	test_need_root();
	check_int((int)syscall(SYS_capget, &header, data), 0);
	data[0].inheritable = 1U << CAP_KILL;
	check_int((int)syscall(SYS_capset, &header, data), 0);
	check_int(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0), 0);
	check_uint(get().ambient, CAPABILITY_BIT(CAP_KILL));
	check_ok(capability_hold(get().permitted, &err), &err);
	check_uint(get().ambient, 0);
	check_uint(get().inheritable, 0);
}
