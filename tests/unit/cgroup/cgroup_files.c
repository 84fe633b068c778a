/* SPDX-License-Identifier: Apache-2.0 */
/* What is written into which file, on directories that have files of those names. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/cgroup/cgroup_controller.h"
#include "common/cgroup/cgroup_leaf.h"
#include "common/cgroup/cgroup_manager.h"
#include "tests/unit/test.h"

#define ALL (CGROUP_MEMORY | CGROUP_CPU | CGROUP_PIDS)

static const struct cgroup_limits limits = {
	.has_memory_limit = true,
	.memory_limit_bytes = 50000000,
	.has_memory_request = true,
	.memory_request_bytes = 10000000,
	.has_cpu_limit = true,
	.cpu_limit_milli = 1500,
	.has_cpu_shares = true,
	.cpu_shares = 512,
	.has_pids_limit = true,
	.pids_limit = 64,
};

static char directory[64];

/* Every file of it was checked, and so removed. */
static void remove_directory(void)
{
	check_int(rmdir(directory), 0);
}

/* A directory with empty files of the given names, separated by blanks. */
static int make_fake(const char *names)
{
	int fd;

	(void)snprintf(directory, sizeof(directory), "/tmp/rkt-cgroup-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	while (*names != '\0') {
		size_t length = strcspn(names, " ");
		char name[64];

		(void)snprintf(name, sizeof(name), "%.*s", (int)length, names);
		(void)close(openat(fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
		names += length;
		names += strspn(names, " ");
	}
	return fd;
}

/* Checks a file's content and removes it. */
static void check_file(int fd, const char *name, const char *want)
{
	auto_text struct text got = { 0 };
	struct error err = { 0 };

	check_ok(file_read_at(fd, name, 4096, &got, &err), &err);
	check_text(text_string(&got), want);
	check_int(unlinkat(fd, name, 0), 0);
}

TEST(v2_limits_go_into_their_files)
{
	int fd = make_fake("memory.max memory.low memory.swap.max memory.oom.group cpu.max "
			   "cpu.weight pids.max");
	struct error err = { 0 };

	check_ok(cgroup_v2.set_limits(fd, ALL, &limits, &err), &err);
	check_ok(cgroup_v2.set_app_rules(fd, ALL, &err), &err);
	check_file(fd, "memory.max", "50000000");
	check_file(fd, "memory.low", "10000000");
	check_file(fd, "memory.swap.max", "0");
	check_file(fd, "memory.oom.group", "1");
	check_file(fd, "cpu.max", "150000 100000");
	check_file(fd, "cpu.weight", "50");
	check_file(fd, "pids.max", "64");
	remove_directory();
}

TEST(v1_limits_go_into_their_files)
{
	int fd = make_fake("memory.limit_in_bytes memory.memsw.limit_in_bytes "
			   "memory.soft_limit_in_bytes cpu.shares cpu.cfs_period_us "
			   "cpu.cfs_quota_us pids.max");
	struct error err = { 0 };

	check_ok(cgroup_v1.set_limits(fd, ALL, &limits, &err), &err);
	check_ok(cgroup_v1.set_app_rules(fd, ALL, &err), &err);
	check_file(fd, "memory.limit_in_bytes", "50000000");
	check_file(fd, "memory.memsw.limit_in_bytes", "50000000");
	check_file(fd, "memory.soft_limit_in_bytes", "10000000");
	check_file(fd, "cpu.shares", "512");
	check_file(fd, "cpu.cfs_period_us", "100000");
	check_file(fd, "cpu.cfs_quota_us", "150000");
	check_file(fd, "pids.max", "64");
	remove_directory();
}

TEST(a_kernel_without_swap_accounting_has_no_such_files)
{
	int fd =
	    make_fake("memory.max memory.low memory.limit_in_bytes memory.soft_limit_in_bytes");
	struct error err = { 0 };

	check_ok(cgroup_v2.set_limits(fd, CGROUP_MEMORY, &limits, &err), &err);
	check_ok(cgroup_v1.set_limits(fd, CGROUP_MEMORY, &limits, &err), &err);
	check_file(fd, "memory.max", "50000000");
	check_file(fd, "memory.low", "10000000");
	check_file(fd, "memory.limit_in_bytes", "50000000");
	check_file(fd, "memory.soft_limit_in_bytes", "10000000");
	remove_directory();
}

TEST(only_limits_of_this_hierarchys_controllers_are_set)
{
	int fd = make_fake("pids.max");
	struct error err = { 0 };

	check_ok(cgroup_v2.set_limits(fd, CGROUP_PIDS, &limits, &err), &err);
	check_ok(cgroup_v1.set_limits(fd, CGROUP_PIDS | CGROUP_DEVICES, &limits, &err), &err);
	check_file(fd, "pids.max", "64");
	remove_directory();
}

TEST(a_limit_that_cannot_be_set_names_its_file)
{
	int fd = make_fake("");
	struct error err = { 0 };

	check_int(cgroup_v2.set_limits(fd, CGROUP_PIDS, &limits, &err), -ENOENT);
	check_contains(err.text, "pids.max");
	remove_directory();
}

TEST(kills_for_want_of_memory_are_counted)
{
	int fd = make_fake("");
	struct error err = { 0 };
	uint64_t kills = 77;

	check_ok(file_replace_at(fd, "memory.events",
				 "low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 1\n",
				 0644, &err),
		 &err);
	check_ok(file_replace_at(fd, "memory.oom_control",
				 "oom_kill_disable 0\nunder_oom 0\noom_kill 5\n", 0644, &err),
		 &err);
	check_ok(cgroup_v2.oom_kills(fd, &kills, &err), &err);
	check_uint(kills, 2);
	check_ok(cgroup_v1.oom_kills(fd, &kills, &err), &err);
	check_uint(kills, 5);
	(void)unlinkat(fd, "memory.events", 0);
	(void)unlinkat(fd, "memory.oom_control", 0);
	remove_directory();
}

TEST(an_old_kernel_that_counts_no_kills_has_none)
{
	int fd = make_fake("");
	struct error err = { 0 };
	uint64_t kills = 77;

	check_ok(file_replace_at(fd, "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\n",
				 0644, &err),
		 &err);
	check_ok(cgroup_v1.oom_kills(fd, &kills, &err), &err);
	check_uint(kills, 0);
	(void)unlinkat(fd, "memory.oom_control", 0);
	remove_directory();
}

TEST(controllers_are_given_to_children_in_one_write)
{
	int fd = make_fake("cgroup.subtree_control");
	struct error err = { 0 };

	check_ok(cgroup_leaf_enable(fd, CGROUP_V2_BUILT_IN, false, &err), &err);
	check_ok(cgroup_leaf_enable(fd, ALL | CGROUP_BLKIO | CGROUP_V2_BUILT_IN, false, &err),
		 &err);
	check_file(fd, "cgroup.subtree_control", "+cpu +memory +pids +io");
	remove_directory();
}

TEST(a_v1_device_policy_denies_all_and_then_allows)
{
	int fd = make_fake("devices.deny devices.allow");
	struct error err = { 0 };

	check_ok(cgroup_v1.set_devices(fd, &err), &err);
	check_file(fd, "devices.deny", "a");
	/* Each line is a write of its own, to the start of what is a plain file here. */
	check_file(fd, "devices.allow", "c 10:200 rw");
	remove_directory();
}
