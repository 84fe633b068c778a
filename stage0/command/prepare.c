/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "common/base/cleanup.h"
#include "stage0/command/commands.h"
#include "stage0/launch/launch_start.h"

/* A prepared pod may have to outlive a power cut: it is synced before it is one. */
static int finish(const struct launch *launch, struct pod_dir *pod, struct error *err)
{
	int r = pod_sync(pod, err);

	if (r == 0)
		r = pod_move(&launch->pods, pod, POD_HOME_PREPARED, err);
	if (r < 0) {
		launch_abandon(launch, pod);
		return error_prefix(err, "preparing the pod");
	}
	(void)printf("%s\n", pod->uuid.text);
	return 0;
}

static int run(const struct command_call *call, struct error *err)
{
	auto_launch struct launch launch = LAUNCH_NONE;
	auto_pod_dir struct pod_dir pod = POD_DIR_NONE;
	int r = request_check(call->options, err);

	if (r == 0)
		r = launch_open(call, LAUNCH_WITHOUT_MOUNTS, &launch, err);
	if (r == 0)
		r = launch_find_images(&launch, err);
	if (r == 0)
		r = launch_find_stage1(&launch, err);
	if (r == 0)
		r = launch_check_stage1(&launch, err);
	if (r == 0)
		r = launch_prepare(&launch, &pod, err);
	return r < 0 ? r : finish(&launch, &pod, err);
}

const struct command command_prepare = {
	.name = "prepare",
	.synopsis = "[options] IMAGE [options] [-- ARGS [---]] [IMAGE …]",
	.summary = "makes a pod for run-prepared and prints its UUID",
	.sets = request_prepare_sets,
	.options_size = sizeof(struct request),
	.parse = request_parse,
	.arguments = "image list --no-legend",
	.needs_root = true,
	.run = run,
};
