/* SPDX-License-Identifier: Apache-2.0 */
#include "common/supervisor/host_facts.h"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/cgroup/cgroup_controller.h"
#include "common/cgroup/cgroup_host.h"
#include "common/kernel/procfs.h"
#include "common/privilege/capability.h"
#include "common/privilege/lsm.h"
#include "common/privilege/oom_score_adj.h"

#define CAP_SYS_RESOURCE_NUMBER 24 /* <linux/capability.h> */

static void collect_rlimits(struct plan_host *host)
{
	for (size_t i = 0; i < ARRAY_LENGTH(host->rlimit_hard); i++) {
		struct rlimit limit;

		host->rlimit_hard[i] = UINT64_MAX;
		if (getrlimit((__rlimit_resource_t)i, &limit) == 0 &&
		    limit.rlim_max != RLIM_INFINITY)
			host->rlimit_hard[i] = limit.rlim_max;
	}
}

static int collect_oom_score_adj(struct plan_host *host, struct error *err)
{
	auto_close int proc_fd = FD_NONE;
	int r = procfs_open(&proc_fd, err);

	return r < 0 ? r : oom_score_adj_get(proc_fd, &host->oom_score_adj, err);
}

int host_facts_collect(const struct cgroup_host *cgroups, struct plan_host *ret, struct error *err)
{
	uint32_t controllers = cgroup_host_controllers(cgroups);
	struct capability_sets capabilities = { 0 };
	struct lsm_active lsm = lsm_detect();
	struct plan_host host = { .cgroup_memory = (controllers & CGROUP_MEMORY) != 0,
				  .cgroup_cpu = (controllers & CGROUP_CPU) != 0,
				  .cgroup_pids = (controllers & CGROUP_PIDS) != 0,
				  .apparmor = lsm.apparmor,
				  .selinux = lsm.selinux,
				  .user_namespaces = access("/proc/self/ns/user", F_OK) == 0 };
	long n_cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int r;

	r = capability_get(&capabilities, err);
	if (r == 0)
		r = collect_oom_score_adj(&host, err);
	if (r < 0)
		return r;
	host.capabilities = capabilities.bounding;
	host.may_raise_limits =
	    (capabilities.effective & CAPABILITY_BIT(CAP_SYS_RESOURCE_NUMBER)) != 0;
	host.n_cpus = n_cpus > 0 ? (uint32_t)n_cpus : 1;
	collect_rlimits(&host);
	*ret = host;
	return 0;
}
