/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/cgroup/cgroup_controller.h"
#include "common/cgroup/cgroup_devices.h"
#include "common/cgroup/cgroup_manager.h"
#include "common/cgroup/cgroup_tree.h"

#define MEMSW "memory.memsw.limit_in_bytes"

static int set_memory(int fd, const struct cgroup_limits *limits, struct error *err)
{
	int r = 0;

	if (limits->has_memory_request)
		r = cgroup_write_number(fd, "memory.soft_limit_in_bytes",
					limits->memory_request_bytes, err);
	if (r < 0 || !limits->has_memory_limit)
		return r;
	r = cgroup_write_number(fd, "memory.limit_in_bytes", limits->memory_limit_bytes, err);
	/* Only after it: memory and swap together cannot be less than memory alone. */
	if (r < 0 || faccessat(fd, MEMSW, F_OK, 0) < 0)
		return r;
	return cgroup_write_number(fd, MEMSW, limits->memory_limit_bytes, err);
}

static int set_cpu(int fd, const struct cgroup_limits *limits, struct error *err)
{
	int r = 0;

	if (limits->has_cpu_shares)
		r = cgroup_write_number(fd, "cpu.shares", limits->cpu_shares, err);
	if (r < 0 || !limits->has_cpu_limit)
		return r;
	r = cgroup_write_number(fd, "cpu.cfs_period_us", CGROUP_CPU_PERIOD_US, err);
	if (r < 0)
		return r;
	return cgroup_write_number(fd, "cpu.cfs_quota_us",
				   cgroup_cpu_quota_us(limits->cpu_limit_milli), err);
}

static int set_limits(int fd, uint32_t controllers, const struct cgroup_limits *limits,
		      struct error *err)
{
	int r = 0;

	if (controllers & CGROUP_MEMORY)
		r = set_memory(fd, limits, err);
	if (r == 0 && controllers & CGROUP_CPU)
		r = set_cpu(fd, limits, err);
	if (r == 0 && controllers & CGROUP_PIDS && limits->has_pids_limit)
		r = cgroup_write_number(fd, "pids.max", limits->pids_limit, err);
	return r;
}

/* v1 has no rule that kills a cgroup as a whole. */
static int set_app_rules(int fd __attribute__((__unused__)),
			 uint32_t controllers __attribute__((__unused__)),
			 struct error *err __attribute__((__unused__)))
{
	return 0;
}

static void write_device_number(char text[16], uint32_t number)
{
	if (number == CGROUP_DEVICE_ANY)
		(void)snprintf(text, 16, "*");
	else
		(void)snprintf(text, 16, "%" PRIu32, number);
}

static int set_devices(int fd, struct error *err)
{
	size_t n;
	const struct cgroup_device *devices = cgroup_devices(&n);
	int r = file_write_at(fd, "devices.deny", "a", err);

	for (size_t i = 0; r == 0 && i < n; i++) {
		char line[64], major[16], minor[16];

		write_device_number(major, devices[i].major);
		write_device_number(minor, devices[i].minor);
		(void)snprintf(line, sizeof(line), "%c %s:%s %s", devices[i].type, major, minor,
			       devices[i].access);
		r = file_write_at(fd, "devices.allow", line, err);
	}
	return r;
}

static int stop_at_first(pid_t pid __attribute__((__unused__)),
			 void *data __attribute__((__unused__)))
{
	return 1;
}

static int populated(int fd, struct error *err)
{
	return cgroup_tree_processes(fd, stop_at_first, NULL, err);
}

static int oom_kills(int fd, uint64_t *ret, struct error *err)
{
	return cgroup_read_key(fd, "memory.oom_control", "oom_kill", ret, err);
}

const struct cgroup_manager cgroup_v1 = {
	.version = 1,
	.set_limits = set_limits,
	.set_app_rules = set_app_rules,
	.set_devices = set_devices,
	.kill = cgroup_kill_listed,
	.populated = populated,
	.oom_kills = oom_kills,
};
