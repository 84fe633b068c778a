/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "stage0/command/commands.h"
#include "stage0/launch/launch_start.h"

static int check_interactive(const struct launch *launch, const struct pod_dir *pod,
			     struct error *err)
{
	auto_text struct text content = { 0 };
	struct pod_manifest manifest = { 0 };
	int r;

	if (!launch->request->interactive)
		return 0;
	r = file_read_at(pod->fd, "pod", MANIFEST_MAX_BYTES, &content, err);
	if (r == 0)
		r = pod_manifest_parse(launch->call->arena,
				       &(const struct json_source){ .text = text_string(&content),
								    .length = content.length,
								    .place = "the pod's manifest" },
				       &manifest, err);
	if (r < 0)
		return r;
	if (manifest.n_apps != 1)
		return error_set(err, EINVAL, "--interactive takes one app only");
	return 0;
}

/* Locks the pod before it looks at its state: nobody can be faster afterwards. */
static int find_prepared(const struct launch *launch, const char *prefix, struct pod_dir *ret,
			 struct error *err)
{
	int r = pod_find(&launch->pods, prefix, ret, err);

	if (r < 0)
		return error_prefix(err, "problem retrieving pod");
	if (ret->home != POD_HOME_PREPARED)
		return error_set(err, EINVAL, "pod \"%s\" is not prepared but %s", ret->uuid.text,
				 pod_state_name(pod_state(ret)));
	return pod_lock(ret, err);
}

static int run(const struct command_call *call, struct error *err)
{
	auto_launch struct launch launch = LAUNCH_NONE;
	auto_pod_dir struct pod_dir pod = POD_DIR_NONE;
	struct image_manifest stage1;
	const struct launch_start start = { .pod = &pod, .stage1 = &stage1 };
	struct request *request = call->options;
	int r;

	if (call->n_arguments != 1)
		return error_set(err, EINVAL, "the UUID of one prepared pod must be given");
	request->arena = call->arena;
	r = request_check_run(request, err);
	if (r == 0)
		r = launch_open(call, LAUNCH_WITH_MOUNTS, &launch, err);
	if (r == 0)
		r = find_prepared(&launch, call->arguments[0], &pod, err);
	if (r == 0)
		r = check_interactive(&launch, &pod, err);
	if (r == 0)
		r = launch_read_pods_stage1(&launch, &pod, &stage1, err);
	if (r == 0)
		r = pod_move(&launch.pods, &pod, POD_HOME_RUN, err);
	return r < 0 ? r : launch_start(&launch, &start, err);
}

const struct command command_run_prepared = {
	.name = "run-prepared",
	.synopsis = "[options] UUID",
	.summary = "runs a pod that prepare has made",
	.sets = request_prepared_sets,
	.options_size = sizeof(struct request),
	.arguments = "list --no-legend",
	.among = "prepared",
	.needs_root = true,
	.run = run,
};
