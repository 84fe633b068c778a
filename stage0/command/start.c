/* SPDX-License-Identifier: Apache-2.0 */
/*
 * start - runs a pod again that has ended: the same directory, the same arguments, and what its
 * apps have written is still there, as far as its stage1 keeps that.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "stage0/command/commands.h"
#include "stage0/launch/launch_start.h"
#include "stage0/pods/pod_again.h"
#include "stage0/pods/pod_collect.h"

/* Locks the pod before it looks at its state: nobody can be faster afterwards. */
static int find_exited(const struct launch *launch, const char *name, struct pod_dir *ret,
		       struct error *err)
{
	int r = pod_find(&launch->pods, name, ret, err);

	if (r < 0)
		return error_prefix(err, "cannot get pod");
	if (ret->home == POD_HOME_RUN && pod_lock(ret, err) == 0)
		r = pod_refresh(&launch->pods, ret, err);
	else if (ret->home == POD_HOME_RUN)
		return error_set(err, EBUSY, "pod \"%s\" is running", ret->uuid.text);
	if (r < 0)
		return r;
	if (ret->home != POD_HOME_RUN)
		return error_set(err, EINVAL, "pod \"%s\" has not just exited, it is %s",
				 ret->uuid.text, pod_state_name(pod_state(ret)));
	return 0;
}

static int read_arguments(const struct launch *launch, const struct pod_dir *pod,
			  struct option_list *ret, struct error *err)
{
	int r = pod_again_read(pod, launch->call->arena, ret, err);

	return r == -ENOENT ? error_set(err, ENOENT,
					"pod \"%s\" was run by another rkt than this: it is not "
					"known how",
					pod->uuid.text)
			    : r;
}

static void warn_of_clean_up(void *context, const char *uuid, const struct error *err)
{
	const struct command_call *call = context;

	command_warn(call, "cleaning up after pod \"%s\": %s", uuid, err->text);
}

/* Overlays are not synced to the disk: only a machine that went down unexpectedly loses by it. */
static void warn_of_reboot(const struct launch *launch, const struct pod_dir *pod)
{
	static const char *const names[] = { "pid", "ppid" };
	struct timespec now = { 0 }, up = { 0 };
	struct stat st;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)clock_gettime(CLOCK_BOOTTIME, &up);
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		if (fstatat(pod->fd, names[i], &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    st.st_mtim.tv_sec < now.tv_sec - up.tv_sec)
			command_warn(launch->call,
				     "the machine was started since the pod ran: if it went down "
				     "unexpectedly, what the apps wrote last may be lost");
	}
}

static int clean_up(const struct launch *launch, const struct pod_dir *pod, struct error *err)
{
	const struct command_call *call = launch->call;
	const struct pod_removal removal = {
		.pods = &launch->pods,
		.data_path = launch->data_path,
		.local_config = call->global->places.machine,
		.environment = call->environment,
		.debug = call->global->debug,
		.warn = warn_of_clean_up,
		.context = (void *)(uintptr_t)call,
	};
	int r;

	warn_of_reboot(launch, pod);
	r = pod_clean_up(&removal, pod, err);
	return r < 0 ? r : pod_again_forget(pod, err);
}

static bool had_token(const struct option_list *arguments)
{
	for (size_t i = 0; i < arguments->n; i++) {
		if (strcmp(arguments->items[i], POD_AGAIN_TOKEN) == 0)
			return true;
	}
	return false;
}

static int run(const struct command_call *call, struct error *err)
{
	auto_launch struct launch launch = LAUNCH_NONE;
	auto_pod_dir struct pod_dir pod = POD_DIR_NONE;
	struct option_list arguments = { 0 };
	struct image_manifest stage1;
	const struct launch_start start = { .pod = &pod,
					    .stage1 = &stage1,
					    .arguments = &arguments };
	struct request *request = call->options;
	int r;

	if (call->n_arguments != 1)
		return error_set(err, EINVAL, "the UUID of one exited pod must be given");
	request->arena = call->arena;
	r = launch_open(call, LAUNCH_WITH_MOUNTS, &launch, err);
	if (r == 0)
		r = find_exited(&launch, call->arguments[0], &pod, err);
	if (r == 0)
		r = launch_read_pods_stage1(&launch, &pod, &stage1, err);
	if (r == 0)
		r = read_arguments(&launch, &pod, &arguments, err);
	if (r == 0)
		r = clean_up(&launch, &pod, err);
	if (r < 0)
		return r;
	request->mds_register = had_token(&arguments);
	return launch_start(&launch, &start, err);
}

const struct command command_start = {
	.name = "start",
	.synopsis = "UUID",
	.summary = "runs a pod again that has ended",
	.options_size = sizeof(struct request),
	.arguments = "list --no-legend",
	.among = "exited",
	.needs_root = true,
	.run = run,
};
