/* SPDX-License-Identifier: Apache-2.0 */
#include "common/cgroup/cgroup_limits.h"

#include "common/cgroup/cgroup_controller.h"

#define MIN_QUOTA_US   1000
#define MAX_QUOTA_US   (UINT64_C(1) << 43) /* what the kernel's arithmetic takes */
#define DEFAULT_SHARES 1024
#define DEFAULT_WEIGHT 100
#define MAX_WEIGHT     10000

uint32_t cgroup_limits_controllers(const struct cgroup_limits *limits)
{
	uint32_t controllers = 0;

	if (limits->has_memory_limit || limits->has_memory_request)
		controllers |= CGROUP_MEMORY;
	if (limits->has_cpu_limit || limits->has_cpu_shares)
		controllers |= CGROUP_CPU;
	if (limits->has_pids_limit)
		controllers |= CGROUP_PIDS;
	return controllers;
}

uint64_t cgroup_cpu_quota_us(uint64_t milli)
{
	if (milli > MAX_QUOTA_US / (CGROUP_CPU_PERIOD_US / 1000))
		return MAX_QUOTA_US;
	milli *= CGROUP_CPU_PERIOD_US / 1000;
	return milli < MIN_QUOTA_US ? MIN_QUOTA_US : milli;
}

uint64_t cgroup_cpu_weight(uint64_t shares)
{
	uint64_t weight;

	if (shares > MAX_WEIGHT * DEFAULT_SHARES / DEFAULT_WEIGHT)
		return MAX_WEIGHT;
	weight = shares * DEFAULT_WEIGHT / DEFAULT_SHARES;
	return weight == 0 ? 1 : weight;
}
