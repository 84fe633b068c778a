/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "stage0/command/commands.h"
#include "stage0/launch/launch_start.h"

static int save_uuid(const char *path, const struct pod_dir *pod, struct error *err)
{
	auto_close int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	int r = fd < 0 ? -errno : file_write_fd(fd, pod->uuid.text, strlen(pod->uuid.text));

	return r < 0 ? error_set(err, -r, "writing the UUID to %s: %s", path, strerror(-r)) : 0;
}

/* Returns only on failure; nothing of the pod has run then, and nothing of it stays. */
static int start(const struct launch *launch, const struct request *request, struct pod_dir *pod,
		 struct error *err)
{
	const struct launch_start how = { .pod = pod,
					  .stage1 = &launch->stage1.manifest,
					  .says_local_config = true };
	int r = 0;

	if (request->uuid_file != NULL)
		r = save_uuid(request->uuid_file, pod, err);
	if (r == 0)
		r = pod_move(&launch->pods, pod, POD_HOME_RUN, err);
	if (r == 0)
		r = launch_start(launch, &how, err);
	launch_abandon(launch, pod);
	return r;
}

static int run(const struct command_call *call, struct error *err)
{
	auto_launch struct launch launch = LAUNCH_NONE;
	auto_pod_dir struct pod_dir pod = POD_DIR_NONE;
	int r = request_check(call->options, err);

	if (r == 0)
		r = launch_open(call, LAUNCH_WITH_MOUNTS, &launch, err);
	if (r == 0)
		r = launch_find_images(&launch, err);
	if (r == 0)
		r = launch_check_volumes(&launch, err);
	if (r == 0)
		r = launch_find_stage1(&launch, err);
	if (r == 0)
		r = launch_check_stage1(&launch, err);
	if (r == 0)
		r = launch_prepare(&launch, &pod, err);
	return r < 0 ? r : start(&launch, call->options, &pod, err);
}

const struct command command_run = {
	.name = "run",
	.synopsis = "[options] IMAGE [options] [-- ARGS [---]] [IMAGE …]",
	.summary = "runs images as one pod, isolated as the chosen stage1 does it",
	.sets = request_run_sets,
	.options_size = sizeof(struct request),
	.parse = request_parse,
	.arguments = "image list --no-legend",
	.needs_root = true,
	.run = run,
};
