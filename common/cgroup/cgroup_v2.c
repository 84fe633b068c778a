/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/cgroup/cgroup_controller.h"
#include "common/cgroup/cgroup_devices.h"
#include "common/cgroup/cgroup_manager.h"

#define SWAP_MAX "memory.swap.max"

static int set_memory(int fd, const struct cgroup_limits *limits, struct error *err)
{
	int r = 0;

	if (limits->has_memory_request)
		r = cgroup_write_number(fd, "memory.low", limits->memory_request_bytes, err);
	if (r < 0 || !limits->has_memory_limit)
		return r;
	r = cgroup_write_number(fd, "memory.max", limits->memory_limit_bytes, err);
	if (r < 0 || faccessat(fd, SWAP_MAX, F_OK, 0) < 0)
		return r;
	return cgroup_write_number(fd, SWAP_MAX, 0, err);
}

static int set_cpu(int fd, const struct cgroup_limits *limits, struct error *err)
{
	char quota[48];
	int r = 0;

	if (limits->has_cpu_shares)
		r = cgroup_write_number(fd, "cpu.weight", cgroup_cpu_weight(limits->cpu_shares),
					err);
	if (r < 0 || !limits->has_cpu_limit)
		return r;
	(void)snprintf(quota, sizeof(quota), "%" PRIu64 " %d",
		       cgroup_cpu_quota_us(limits->cpu_limit_milli), CGROUP_CPU_PERIOD_US);
	return file_write_at(fd, "cpu.max", quota, err);
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

static int set_app_rules(int fd, uint32_t controllers, struct error *err)
{
	if ((controllers & CGROUP_MEMORY) == 0)
		return 0;
	return cgroup_write_number(fd, "memory.oom.group", 1, err);
}

static int populated(int fd, struct error *err)
{
	uint64_t value = 0;
	struct error mine = { 0 };
	int r = cgroup_read_key(fd, "cgroup.events", "populated", &value, &mine);

	if (r == -ENOENT || r == -ENODEV)
		return 0; /* the cgroup was removed, so nobody was left in it */
	if (r < 0 && err != NULL)
		*err = mine;
	return r < 0 ? r : value != 0;
}

/*
 * cgroup.kill is of Linux 5.14, and the host's root alone may open it; without it, one
 * by one as in v1: the root of a pod's own users may signal who is in the pod.
 */
static int kill_tree(int fd, struct error *err)
{
	auto_close int file = openat(fd, "cgroup.kill", O_WRONLY | O_CLOEXEC | O_NOFOLLOW);

	if (file < 0 && (errno == ENOENT || errno == EACCES))
		return cgroup_kill_listed(fd, err);
	if (file < 0 || write(file, "1", 1) != 1)
		return error_from_errno(err, "writing \"1\" to cgroup.kill");
	return 0;
}

static int oom_kills(int fd, uint64_t *ret, struct error *err)
{
	return cgroup_read_key(fd, "memory.events", "oom_kill", ret, err);
}

const struct cgroup_manager cgroup_v2 = {
	.version = 2,
	.set_limits = set_limits,
	.set_app_rules = set_app_rules,
	.set_devices = cgroup_devices_attach,
	.kill = kill_tree,
	.populated = populated,
	.oom_kills = oom_kills,
};
