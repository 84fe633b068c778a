/* SPDX-License-Identifier: Apache-2.0 */
#include "common/namespace/namespace_set.h"

#include <sched.h>

#include "tests/unit/test.h"

static const struct namespace_set all = { .mount = true,
					  .pid = true,
					  .network = true,
					  .ipc = true,
					  .uts = true,
					  .user = true,
					  .cgroup = true };

TEST(each_member_is_its_own_flag)
{
	check_uint(namespace_set_flags(&(struct namespace_set){ .mount = true }), CLONE_NEWNS);
	check_uint(namespace_set_flags(&(struct namespace_set){ .pid = true }), CLONE_NEWPID);
	check_uint(namespace_set_flags(&(struct namespace_set){ .network = true }), CLONE_NEWNET);
	check_uint(namespace_set_flags(&(struct namespace_set){ .ipc = true }), CLONE_NEWIPC);
	check_uint(namespace_set_flags(&(struct namespace_set){ .uts = true }), CLONE_NEWUTS);
	check_uint(namespace_set_flags(&(struct namespace_set){ .user = true }), CLONE_NEWUSER);
	check_uint(namespace_set_flags(&(struct namespace_set){ .cgroup = true }), CLONE_NEWCGROUP);
	check_uint(namespace_set_flags(&(struct namespace_set){ 0 }), 0);
}

TEST(all_of_them_are_described)
{
	char text[64];

	check_text(namespace_set_describe(&all, text, sizeof(text)),
		   "mount, pid, network, ipc, uts, user, cgroup");
	check_text(
	    namespace_set_describe(&(struct namespace_set){ .pid = true }, text, sizeof(text)),
	    "pid");
	check_text(namespace_set_describe(&(struct namespace_set){ 0 }, text, sizeof(text)), "");
}

TEST(a_description_is_cut_to_its_room)
{
	char text[9];

	check_text(namespace_set_describe(&all, text, sizeof(text)), "mount, p");
	check_text(namespace_set_describe(&all, text, 1), "");
}
