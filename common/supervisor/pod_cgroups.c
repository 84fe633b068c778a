/* SPDX-License-Identifier: Apache-2.0 */
#include "common/supervisor/pod_cgroups.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "common/base/file.h"

#define RECORD           "cgroups"
#define RECORD_MAX_BYTES ((size_t)64 << 10)

static struct cgroup_limits limits_of(const struct plan_limits *plan)
{
	return (struct cgroup_limits){ .has_memory_limit = plan->has_memory_limit,
				       .has_memory_request = plan->has_memory_request,
				       .has_cpu_limit = plan->has_cpu_limit,
				       .has_cpu_shares = plan->has_cpu_shares,
				       .has_pids_limit = plan->has_pids_limit,
				       .memory_limit_bytes = plan->memory_limit_bytes,
				       .memory_request_bytes = plan->memory_request_bytes,
				       .cpu_limit_milli = plan->cpu_limit_milli,
				       .cpu_shares = plan->cpu_shares,
				       .pids_limit = plan->pids_limit };
}

/* What limits need; what a v2 tree can account for costs nothing there and is always on. */
static uint32_t controllers_of(const struct cgroup_host *host, const struct plan *plan)
{
	struct cgroup_limits limits = limits_of(&plan->limits);
	uint32_t controllers = cgroup_limits_controllers(&limits);

	for (size_t i = 0; i < plan->n_apps; i++) {
		limits = limits_of(&plan->apps[i].limits);
		controllers |= cgroup_limits_controllers(&limits);
		if (plan->apps[i].device_policy)
			controllers |= CGROUP_DEVICES;
	}
	if (plan->accounting)
		controllers |= CGROUP_CPUACCT | CGROUP_MEMORY | CGROUP_PIDS | CGROUP_BLKIO;
	for (size_t i = 0; i < host->n; i++) {
		if (host->items[i].version == 2)
			controllers |= host->items[i].controllers;
	}
	return controllers;
}

int pod_cgroups_plan(struct arena *arena, const struct cgroup_host *host, const struct plan *plan,
		     struct cgroup_pod *ret, struct error *err)
{
	const struct cgroup_pod_request request = { .uuid = plan->uuid,
						    .controllers = controllers_of(host, plan) };

	return cgroup_pod_plan(arena, host, &request, ret, err);
}

int pod_cgroups_keep(int pod_fd, const struct cgroup_pod *pod, struct error *err)
{
	auto_text struct text record = { 0 };
	auto_close int file = FD_NONE;
	int r = cgroup_pod_write(pod, &record);

	if (r < 0)
		return error_set(err, -r, "recording the cgroups: %s", strerror(-r));
	/* One write of a new file: nobody reads it before there is something to find. */
	file = openat(pod_fd, RECORD, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (file < 0)
		return error_from_errno(err, "creating the record of cgroups");
	r = file_write_fd(file, text_string(&record), record.length);
	return r < 0 ? error_set(err, -r, "writing the record of cgroups: %s", strerror(-r)) : 0;
}

int pod_cgroups_create(struct cgroup_pod *pod, const struct plan *plan, struct error *err)
{
	struct cgroup_limits limits = limits_of(&plan->limits);

	return cgroup_pod_create(pod, &limits, err);
}

const char *pod_cgroups_name(const struct plan_app *app)
{
	return app->cgroup != NULL ? app->cgroup : app->name;
}

int pod_cgroups_create_app(const struct cgroup_pod *pod, const struct plan_app *app,
			   struct cgroup_app *ret, struct error *err)
{
	const struct cgroup_app_request request = { .name = pod_cgroups_name(app),
						    .may_exist = app->cgroup != NULL,
						    .limits = limits_of(&app->limits),
						    .device_policy = app->device_policy };

	return cgroup_app_create(pod, &request, ret, err);
}

bool pod_cgroups_are_v2(const struct cgroup_host *host)
{
	for (size_t i = 0; i < host->n; i++) {
		if (host->items[i].version == 2 &&
		    (host->items[i].controllers & CGROUP_MEMORY) != 0)
			return true;
	}
	return false;
}

int pod_cgroups_find(struct arena *arena, int pod_fd, const char *uuid, struct cgroup_pod *ret,
		     struct error *err)
{
	auto_text struct text record = { 0 };
	int r = file_read_at(pod_fd, RECORD, RECORD_MAX_BYTES, &record, err);

	if (r == 0)
		r = cgroup_pod_read(arena, text_string(&record), uuid, ret, err);
	return r < 0 ? r : cgroup_pod_open(ret, err);
}
