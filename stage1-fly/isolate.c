/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-fly/isolate.h"

#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/mount/root_switch.h"
#include "common/pod/pod_record.h"
#include "common/process/exit_status.h"
#include "common/process/notify.h"
#include "common/supervisor/app_root.h"
#include "common/supervisor/pod_store.h"
#include "common/supervisor/sandbox.h"
#include "stage1-fly/pod_lock.h"
#include "stage1-fly/pre_start.h"
#include "stage1-fly/reaper.h"

/* Seen from the pod directory, which stays the working directory until a root is entered. */
#define APP_ROOTS "stage1/rootfs/opt/stage2"
#define ETC_STORE "stage1/rootfs/store"

static int enter_mount_namespace(struct error *err)
{
	if (unshare(CLONE_NEWNS) < 0)
		return error_from_errno(err, "making a mount namespace");
	return root_switch_isolate(MOUNT_TREE_SLAVE, err);
}

/* Who reads these must find them before the app runs: there is no one to write them later. */
static int record_start(const struct pod_run *run, struct error *err)
{
	int r = pod_record_ready(run->results_fd, err);

	if (r == 0)
		r = pod_record_pid(run->pod_fd, getpid(), err);
	if (r == 0 && !run->plan->apps[0].notify)
		r = notify_ready(run->notify.host_socket, getpid(), NULL, err);
	return r;
}

/* The run process becomes the app: nothing of ours stays, so the app holds the pod's lock. */
static int become_app(const struct pod_run *run, const struct app_surroundings *surroundings,
		      struct error *err)
{
	const struct app_resources *resources = &run->resources[0];
	const struct sandbox sandbox = { .resources = resources,
					 .argv = resources->app->argv.items,
					 .sockets = &run->sockets,
					 .keep_fd = run->lock_fd };
	int r;

	r = app_root_enter(surroundings, resources, err);
	if (r == 0)
		r = pre_start_run(surroundings, resources, err);
	if (r < 0)
		return error_prefix(err, "app %s", resources->app->name);
	return sandbox_exec(&sandbox, err);
}

int isolate_in_mount_namespace(struct pod_run *run, struct error *err)
{
	const struct app_surroundings surroundings = { .plan = run->plan,
						       .roots = APP_ROOTS,
						       .etc_store = ETC_STORE,
						       .terminal_socket = FD_NONE,
						       .sockets = run->sockets };
	int r;

	r = pod_run_open(run, err);
	if (r == 0)
		r = enter_mount_namespace(err);
	if (r == 0 && !run->plan->supervised)
		r = pod_lock_confine(run->lock_fd, err);
	if (r == 0)
		r = pod_store_mount(run, "stage1/rootfs", err);
	if (r < 0) {
		pod_run_remove_cgroups(run);
		return r;
	}
	if (run->plan->supervised) {
		r = reaper_supervise(run, &surroundings, err);
		pod_run_remove_cgroups(run);
		return r;
	}
	r = record_start(run, err);
	return r < 0 ? r : become_app(run, &surroundings, err);
}
