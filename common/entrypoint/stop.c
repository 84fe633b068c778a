/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/entrypoint/entrypoint.h"
#include "common/entrypoint/planned_pod.h"
#include "common/entrypoint/pod_argument.h"
#include "common/option/option.h"
#include "common/supervisor/pod_cgroups.h"
#include "common/supervisor/pod_stop.h"

struct stop_options {
	bool force;
	bool debug;
	struct pod_argument pod;
};

static const struct option_spec specs[] = {
	{ .name = "force",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct stop_options, force),
	  .help = "Kill the pod's processes instead of asking them to end." },
	{ .name = "debug",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct stop_options, debug),
	  .help = "Accepted for compatibility; errors are always told in full." },
};

int entrypoint_stop(const struct entrypoint_call *call, struct error *err)
{
	auto_cgroup_pod struct cgroup_pod cgroup = CGROUP_POD_NONE;
	auto_close int pod_fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stop_options options = { 0 };
	struct planned_pod planned = { 0 };
	struct option_set set = { .specs = specs,
				  .n_specs = ARRAY_LENGTH(specs),
				  .target = &options };
	int r;

	if (pod_fd < 0)
		return error_from_errno(err, "opening the pod directory");
	r = pod_argument_parse(&set, call, &options.pod, err);
	if (r == 0)
		r = planned_pod_reload(call, pod_fd, &planned, err);
	if (r == 0)
		r = pod_cgroups_find(call->arena, pod_fd, options.pod.uuid, &cgroup, err);
	if (r < 0)
		return r;

	const struct pod_stop stop = { .pod_fd = pod_fd, .plan = &planned.plan, .cgroup = &cgroup };

	return options.force ? pod_stop_by_force(&stop, err) : pod_stop_politely(&stop, err);
}
