/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/entrypoint/entrypoint.h"
#include "common/entrypoint/pod_argument.h"
#include "common/option/option.h"
#include "common/supervisor/pod_cgroups.h"
#include "common/supervisor/pod_network.h"

/* How long processes that were killed may take to be gone, in ms. */
static const unsigned kill_timeout_ms = 10000;

struct gc_options {
	bool debug;
	const char *local_config;
};

static const struct option_spec specs[] = {
	{ .name = "debug",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct gc_options, debug),
	  .help = "Accepted for compatibility; errors are always told in full." },
	{ .name = "local-config",
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct gc_options, local_config),
	  .value_name = "DIR",
	  .help = "Directory of the local configuration, with network plugins." },
};

/* Processes can outlive a pod whose leader was killed; they end here at the latest. */
static int remove_cgroups(struct arena *arena, int pod_fd, const char *uuid, struct error *err)
{
	auto_cgroup_pod struct cgroup_pod cgroup = CGROUP_POD_NONE;
	int r = pod_cgroups_find(arena, pod_fd, uuid, &cgroup, err);

	if (r == -ENOENT) { /* it died before it had any */
		error_clear(err);
		return 0;
	}
	if (r == 0)
		r = cgroup_pod_kill(&cgroup, kill_timeout_ms, err);
	return r < 0 ? r : cgroup_pod_remove(&cgroup, kill_timeout_ms, err);
}

/*
 * Mounts and namespaces of a pod end with its processes: what is left are its
 * cgroups, and what network plugins have made.  May be called at any time after the pod's death,
 * and again.
 */
int entrypoint_gc(const struct entrypoint_call *call, struct error *err)
{
	auto_close int pod_fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct gc_options options = { 0 };
	const struct option_set set = { .specs = specs,
					.n_specs = ARRAY_LENGTH(specs),
					.target = &options };
	struct error warning = { 0 };
	struct pod_argument pod;
	int r;

	if (pod_fd < 0)
		return error_from_errno(err, "opening the pod directory");
	r = pod_argument_parse(&set, call, &pod, err);
	if (r < 0)
		return r;
	r = remove_cgroups(call->arena, pod_fd, pod.uuid, err);
	if (r == 0)
		r = pod_network_collect(call->arena, pod_fd, options.local_config, &warning, err);
	if (warning.code != 0)
		(void)dprintf(STDERR_FILENO, "%s: gc: warning: %s\n", call->stage1->program,
			      warning.text);
	return r;
}
