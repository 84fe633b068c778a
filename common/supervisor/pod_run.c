/* SPDX-License-Identifier: Apache-2.0 */
#include "common/supervisor/pod_run.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/namespace/user_map.h"
#include "common/pod/pod_record.h"
#include "common/supervisor/pod_cgroups.h"

/* How long processes that were killed may take to be gone, in ms. */
static const unsigned kill_timeout_ms = 10000;

static int open_directory_at(int dir_fd, const char *path, int *ret_fd, struct error *err)
{
	int fd = openat(dir_fd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return error_from_errno(err, "opening %s", path);
	*ret_fd = fd;
	return 0;
}

static int open_user_namespace(struct pod_run *run, struct error *err)
{
	const struct user_map map = { .base = run->plan->user_base,
				      .count = run->plan->user_count };

	return run->plan->own_user ? user_map_new_namespace(&map, &run->user_namespace, err) : 0;
}

static bool has_volumes(const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_apps; i++) {
		if (plan->apps[i].n_mounts > 0)
			return true;
	}
	return false;
}

static int open_app(struct pod_run *run, size_t index, struct app_places *places, struct error *err)
{
	const struct plan_app *app = &run->plan->apps[index];
	auto_close int app_root = FD_NONE;
	auto_close int notify_file = FD_NONE;
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "opt/stage2/%s/rootfs", app->name);
	int r;

	if (n < 0 || (size_t)n >= sizeof(path))
		return error_set(err, ENAMETOOLONG, "app %s: its name is too long", app->name);
	r = open_directory_at(places->stage1_root, path, &app_root, err);
	if (r < 0)
		return r;
	r = notify_relay_open_file(&run->notify, run->plan, index, &notify_file, err);
	if (r < 0)
		return r;
	places->app_root = app_root;
	places->notify_file = notify_file;
	run->resources[index].app = app;
	return app_resources_open(run->arena, run->plan, places, &run->resources[index], err);
}

static int open_apps(struct pod_run *run, struct error *err)
{
	auto_close int host_root = FD_NONE;
	auto_close int stage1_root = FD_NONE;
	auto_close int volumes = FD_NONE;
	struct app_places places;
	int r;

	r = open_directory_at(AT_FDCWD, run->host_root != NULL ? run->host_root : "/", &host_root,
			      err);
	if (r == 0)
		r = open_directory_at(run->pod_fd, "stage1/rootfs", &stage1_root, err);
	if (r == 0 && has_volumes(run->plan)) {
		/* Owned by the host's root: only the volumes in it are the apps'. */
		if (mkdirat(run->pod_fd, VOLUMES_DIRECTORY, 0700) < 0 && errno != EEXIST)
			return error_from_errno(err, "making the directory " VOLUMES_DIRECTORY);
		r = open_directory_at(run->pod_fd, VOLUMES_DIRECTORY, &volumes, err);
	}
	places = (struct app_places){ .host_root = host_root,
				      .stage1_root = stage1_root,
				      .empty_volumes = volumes,
				      .user_namespace = run->user_namespace,
				      .shares = run->shares };
	for (size_t i = 0; r == 0 && i < run->plan->n_apps; i++) {
		r = open_app(run, i, &places, err);
		if (r == 0)
			run->n_opened++;
	}
	return r;
}

static int make_cgroups(struct pod_run *run, struct error *err)
{
	int r = pod_cgroups_plan(run->arena, run->cgroups, run->plan, &run->cgroup, err);

	if (r == 0 && !run->kept_outside)
		r = pod_cgroups_keep(run->pod_fd, &run->cgroup, err);
	if (r == 0)
		r = pod_cgroups_create(&run->cgroup, run->plan, err);
	for (size_t i = 0; r == 0 && i < run->plan->n_apps; i++)
		r = pod_cgroups_create_app(&run->cgroup, &run->plan->apps[i],
					   &run->resources[i].cgroup, err);
	if (r == 0 && !run->kept_outside)
		r = pod_record_subcgroup(run->pod_fd, run->cgroup.subcgroup, err);
	return r;
}

static int record_environments(const struct pod_run *run, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < run->plan->n_apps; i++)
		r = pod_record_environment(run->results_fd, run->plan->apps[i].name,
					   run->resources[i].environment, err);
	return r;
}

int pod_run_open_log(struct pod_run *run, struct error *err)
{
	const struct plan *plan = run->plan;
	const char **names;

	if (plan->log_bytes == 0 || run->kept_outside)
		return 0;
	names = arena_array(run->arena, plan->n_apps, const char *);
	if (names == NULL)
		return error_set(err, ENOMEM, "opening the log: out of memory");
	for (size_t i = 0; i < plan->n_apps; i++)
		names[i] = plan->apps[i].name;
	return log_writer_open(run->pod_fd,
			       &(const struct log_options){ .size = plan->log_bytes,
							    .names = names,
							    .n_names = plan->n_apps },
			       &run->log, err);
}

struct log_writer *pod_run_log(struct pod_run *run)
{
	return run->log.fd >= 0 ? &run->log : NULL;
}

int pod_run_open(struct pod_run *run, struct error *err)
{
	int r;

	run->log = (struct log_writer)LOG_WRITER_NONE;
	run->results_fd = FD_NONE;
	run->user_namespace = FD_NONE;
	run->resources = calloc(run->plan->n_apps, sizeof(*run->resources));
	if (run->resources == NULL)
		return error_set(err, ENOMEM, "running %zu apps: out of memory", run->plan->n_apps);
	r = socket_activation_collect(getenv("LISTEN_PID"), getenv("LISTEN_FDS"), run->lock_fd,
				      &run->sockets, err);
	if (r == 0 && !run->kept_outside)
		r = pod_record_open(run->pod_fd, &run->results_fd, err);
	if (r == 0)
		r = open_user_namespace(run, err);
	if (r == 0)
		r = notify_relay_open(&run->notify, run->plan, err);
	if (r == 0)
		r = open_apps(run, err);
	if (r == 0)
		r = make_cgroups(run, err);
	if (r == 0 && !run->kept_outside)
		r = record_environments(run, err);
	if (r == 0)
		r = pod_run_open_log(run, err);
	return r;
}

void pod_run_release(struct pod_run *run)
{
	for (size_t i = 0; i < run->n_opened; i++)
		app_resources_release(&run->resources[i]);
	free(run->resources);
	run->resources = NULL;
	run->n_opened = 0;
	cgroup_pod_release(&run->cgroup);
	notify_relay_release(&run->notify);
	log_writer_release(&run->log);
	cleanup_close(&run->results_fd);
	cleanup_close(&run->user_namespace);
}

void pod_run_remove_cgroups(struct pod_run *run)
{
	struct error ignored = { 0 };

	/* Bottom up by name: an ordinary end needs no search for what is there. */
	for (size_t i = 0; run->cgroup.n > 0 && i < run->plan->n_apps; i++)
		result_ignored(cgroup_app_remove(
		    &run->cgroup, pod_cgroups_name(&run->plan->apps[i]), 0, &ignored));
	/* What does not go now is in the record, and gc's. */
	if (run->cgroup.n > 0 && cgroup_pod_remove(&run->cgroup, 0, &ignored) < 0 &&
	    cgroup_pod_kill(&run->cgroup, kill_timeout_ms, &ignored) == 0)
		result_ignored(cgroup_pod_remove(&run->cgroup, kill_timeout_ms, &ignored));
}
