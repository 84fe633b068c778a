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

static bool app_needs_limits(const struct app *app)
{
	for (size_t i = 0; app != NULL && i < app->n_isolators; i++) {
		if (app->isolators[i].kind == ISOLATOR_RLIMITS ||
		    app->isolators[i].kind == ISOLATOR_OOM_SCORE_ADJ)
			return true;
	}
	return false;
}

/* Our own limits matter only to who asks for other ones; most pods do not. */
static int collect_limits(const struct pod_manifest *pod, struct plan_host *host, struct error *err)
{
	for (size_t i = 0; i < pod->n_apps; i++) {
		if (!app_needs_limits(pod->apps[i].app))
			continue;
		collect_rlimits(host);
		return collect_oom_score_adj(host, err);
	}
	return 0;
}

int host_facts_collect(const struct cgroup_host *cgroups, const struct pod_manifest *pod,
		       struct plan_host *ret, struct error *err)
{
	uint32_t controllers = cgroup_host_controllers(cgroups);
	struct lsm_active lsm = lsm_detect();
	struct plan_host host = { .cgroup_memory = (controllers & CGROUP_MEMORY) != 0,
				  .cgroup_cpu = (controllers & CGROUP_CPU) != 0,
				  .cgroup_pids = (controllers & CGROUP_PIDS) != 0,
				  .apparmor = lsm.apparmor,
				  .selinux = lsm.selinux,
				  .user_namespaces = access("/proc/self/ns/user", F_OK) == 0 };
	uint64_t effective;
	int r;

	r = capability_get_bounds(&host.capabilities, &effective, err);
	if (r == 0)
		r = collect_limits(pod, &host, err);
	if (r < 0)
		return r;
	host.may_raise_limits = (effective & CAPABILITY_BIT(CAP_SYS_RESOURCE_NUMBER)) != 0;
	*ret = host;
	return 0;
}
