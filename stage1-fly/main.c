/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stage1-fly - a pod in the host's namespaces, with a root and limits of its own.
 */
#include "common/entrypoint/entrypoint.h"
#include "stage1-fly/isolate.h"

static const struct plan_traits traits = {
	.name = "fly",
	.host_network = true,
	.supervised = false,
	.volumes_recursive = false,
};

int main(int argc, char *argv[])
{
	static const struct stage1 stage1 = { .program = "stage1-fly",
					      .traits = &traits,
					      .run = isolate_in_mount_namespace };

	return entrypoint_main(&stage1, argc, argv);
}
