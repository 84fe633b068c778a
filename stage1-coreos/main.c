/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stage1-coreos - a pod in Linux namespaces of its own.
 */
#include "common/entrypoint/entrypoint.h"
#include "common/supervisor/pod_isolate.h"

static const struct plan_traits traits = {
	.name = "coreos",
	.own_pid = true,
	.own_ipc = true,
	.own_uts = true,
	.own_network = true,
	.network_plugins = true,
	.host_network = true,
	.own_user = true,
	.own_api_file_systems = true,
	.supervised = true,
	.volumes_recursive = true,
};

int main(int argc, char *argv[])
{
	static const struct stage1 stage1 = { .program = "stage1-coreos",
					      .traits = &traits,
					      .run = isolate_in_namespaces };

	return entrypoint_main(&stage1, argc, argv);
}
