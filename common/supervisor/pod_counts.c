/* SPDX-License-Identifier: Apache-2.0 */
#include "common/supervisor/pod_counts.h"

#include <errno.h>

#include "common/cgroup/cgroup_usage.h"
#include "common/supervisor/pod_cgroups.h"

void pod_counts_read_one(const struct cgroup_pod *cgroup, const char *name,
			 struct pod_usage_numbers *ret)
{
	auto_cgroup_app struct cgroup_app app = CGROUP_APP_NONE;
	struct cgroup_usage usage = CGROUP_USAGE_NONE;
	struct error ignored = { 0 };

	if (cgroup_app_open(cgroup, name, &app, &ignored) == 0)
		cgroup_app_usage(&app, &usage);
	*ret = (struct pod_usage_numbers){ .cpu_ns = usage.cpu_ns,
					   .memory_bytes = usage.memory_bytes,
					   .pids = usage.pids,
					   .io_read_bytes = usage.io_read_bytes,
					   .io_write_bytes = usage.io_write_bytes };
}

int pod_counts_read(const struct pod_counts_request *request, struct pod_usage *ret,
		    struct error *err)
{
	auto_cgroup_pod struct cgroup_pod cgroup = CGROUP_POD_NONE;
	const struct pod_manifest *pod = request->pod;
	struct pod_usage usage = { .isolator = request->isolator };
	int r = pod_cgroups_find(request->arena, request->pod_fd, request->uuid, &cgroup, err);

	if (r < 0)
		return r;
	usage.apps = arena_array(request->arena, pod->n_apps + 1, struct pod_usage_app);
	if (usage.apps == NULL)
		return error_set(err, ENOMEM, "counting what the apps use: out of memory");
	usage.n_apps = pod->n_apps;
	for (size_t i = 0; i < pod->n_apps; i++) {
		usage.apps[i].name = pod->apps[i].name;
		pod_counts_read_one(&cgroup, pod->apps[i].name, &usage.apps[i].used);
	}
	*ret = usage;
	return 0;
}
