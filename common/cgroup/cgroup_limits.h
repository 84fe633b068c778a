/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroup_limits.h - what a cgroup may use, as plain values.
 *
 * Units:      bytes, milli-CPUs (1500: one core and a half), shares per 1024.
 *
 * Memory:     the limit is one of memory and swap together (v1: memsw, v2:
 *             memory.swap.max 0), as the kubelet has runc do it: the number an
 *             operator wrote is what the machine has to hold, and an app beyond
 *             it is ended instead of slowing everybody down by swapping.  A kernel
 *             without swap accounting has no such file, and then it is a limit of
 *             memory alone.  In v2 an app over its limit dies as a whole
 *             (memory.oom.group), so no half of it stays behind.
 * CPU:        the quota is of a period of 100 ms, at least 1 ms (the kernel's
 *             smallest).  v2's weight is shares * 100 / 1024 within 1 … 10000:
 *             it maps default to default and keeps ratios, as systemd does it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* A member counts only when its has_ flag is set. */
struct cgroup_limits {
	bool has_memory_limit, has_memory_request, has_cpu_limit, has_cpu_shares, has_pids_limit;
	uint64_t memory_limit_bytes;
	uint64_t memory_request_bytes; /* v2 memory.low, v1 soft limit */
	uint64_t cpu_limit_milli;
	uint64_t cpu_shares; /* 2 … 262144 */
	uint64_t pids_limit;
};

/* The controllers that these limits need. */
uint32_t cgroup_limits_controllers(const struct cgroup_limits *limits);

#define CGROUP_CPU_PERIOD_US 100000

uint64_t cgroup_cpu_quota_us(uint64_t milli);
uint64_t cgroup_cpu_weight(uint64_t shares);
