/* SPDX-License-Identifier: Apache-2.0 */
#include "common/cgroup/cgroup_limits.h"

#include <errno.h>

#include "common/cgroup/cgroup_controller.h"
#include "tests/unit/test.h"

TEST(a_quota_is_of_a_period_of_100_ms)
{
	check_uint(cgroup_cpu_quota_us(1000), 100000);
	check_uint(cgroup_cpu_quota_us(1500), 150000);
	check_uint(cgroup_cpu_quota_us(250), 25000);
}

TEST(a_quota_is_at_least_what_the_kernel_takes)
{
	check_uint(cgroup_cpu_quota_us(0), 1000);
	check_uint(cgroup_cpu_quota_us(1), 1000);
	check_uint(cgroup_cpu_quota_us(10), 1000);
	check_uint(cgroup_cpu_quota_us(11), 1100);
}

TEST(a_huge_quota_does_not_overflow)
{
	check_uint(cgroup_cpu_quota_us(UINT64_MAX), UINT64_C(1) << 43);
}

TEST(shares_become_weights_default_to_default)
{
	check_uint(cgroup_cpu_weight(1024), 100);
	check_uint(cgroup_cpu_weight(2048), 200);
	check_uint(cgroup_cpu_weight(512), 50);
	check_uint(cgroup_cpu_weight(2), 1);
	check_uint(cgroup_cpu_weight(102400), 10000);
	check_uint(cgroup_cpu_weight(262144), 10000);
	check_uint(cgroup_cpu_weight(UINT64_MAX), 10000);
}

TEST(limits_say_which_controllers_they_need)
{
	const struct cgroup_limits none = { 0 };
	const struct cgroup_limits memory = { .has_memory_request = true };
	const struct cgroup_limits all = { .has_memory_limit = true,
					   .has_cpu_shares = true,
					   .has_pids_limit = true };

	check_uint(cgroup_limits_controllers(&none), 0);
	check_uint(cgroup_limits_controllers(&memory), CGROUP_MEMORY);
	check_uint(cgroup_limits_controllers(&all), CGROUP_MEMORY | CGROUP_CPU | CGROUP_PIDS);
}

TEST(controllers_are_written_and_read_back)
{
	auto_text struct text text = { 0 };
	uint32_t all = (CGROUP_SYSTEMD << 1) - 1;
	uint32_t got = 0;

	check_int(cgroup_controllers_write(all, &text), 0);
	check_text(text_string(&text), "cpu,cpuacct,memory,pids,blkio,devices,freezer,systemd");
	check_int(cgroup_controllers_read(text.data, text.length, &got), 0);
	check_uint(got, all);
	check_int(cgroup_controllers_read("", 0, &got), 0);
	check_uint(got, 0);
}

TEST(a_list_of_something_else_is_refused)
{
	static const char *const bad[] = { "cpu,", ",cpu", "cpu,,memory", "cpuset", "CPU", "cpu " };
	uint32_t got = 77;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		check_int(cgroup_controllers_read(bad[i], strlen(bad[i]), &got), -EINVAL);
	check_uint(got, 77);
}
