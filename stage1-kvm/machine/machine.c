/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/machine/machine.h"

#include "common/base/cleanup.h"

/* CAP_CHOWN … CAP_CHECKPOINT_RESTORE: all that Linux 6.1 has. */
#define ALL_CAPABILITIES ((UINT64_C(1) << 41) - 1)

const struct plan_traits machine_traits = {
	.name = "kvm",
	.own_pid = true,
	.own_ipc = true,
	.own_uts = true,
	.own_network = true,
	.network_plugins = true,
	.own_api_file_systems = true,
	.supervised = true,
	.volumes_recursive = true,
};

int machine_facts(const struct cgroup_host *cgroups, const struct pod_manifest *pod,
		  struct plan_host *ret, struct error *err)
{
	struct plan_host host = { .cgroup_memory = true,
				  .cgroup_cpu = true,
				  .cgroup_pids = true,
				  .may_raise_limits = true,
				  .capabilities = ALL_CAPABILITIES };

	(void)cgroups;
	(void)pod;
	(void)err;
	for (size_t i = 0; i < ARRAY_LENGTH(host.rlimit_hard); i++)
		host.rlimit_hard[i] = UINT64_MAX;
	*ret = host;
	return 0;
}
