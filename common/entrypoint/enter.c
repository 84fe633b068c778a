/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/entrypoint/entrypoint.h"
#include "common/entrypoint/planned_pod.h"
#include "common/entrypoint/sealed_self.h"
#include "common/option/option.h"
#include "common/supervisor/app_join.h"
#include "common/supervisor/metadata_url.h"
#include "common/supervisor/pod_cgroups.h"

struct enter_options {
	uint64_t pid;
	const char *app;
};

static const struct option_spec specs[] = {
	{ .name = "pid",
	  .kind = OPTION_U64,
	  .offset = offsetof(struct enter_options, pid),
	  .value_name = "PID",
	  .help = "The pod's process, as its pid file says." },
	{ .name = "appname",
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct enter_options, app),
	  .value_name = "APP",
	  .help = "The app to enter." },
};

/* Returns how many arguments were used: the command follows. */
static int parse(const struct entrypoint_call *call, struct enter_options *ret, struct error *err)
{
	const struct option_set set = { .specs = specs,
					.n_specs = ARRAY_LENGTH(specs),
					.target = ret };
	const struct option_input input = {
		.sets = &set, .n_sets = 1, .arena = call->arena, .stop_at_positional = true
	};
	int used;
	int r = option_parse(&input, call->n, call->args, &used, err);

	if (r < 0)
		return r;
	if (ret->pid == 0 || ret->pid > INT32_MAX)
		return error_set(err, EINVAL, "--pid: not the pid of a pod");
	if (ret->app == NULL)
		return error_set(err, EINVAL, "--appname: missing");
	if (used >= call->n)
		return error_set(err, EINVAL, "the command to run is missing");
	return used;
}

static const struct plan_app *find_app(const struct plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->n_apps; i++) {
		if (strcmp(plan->apps[i].name, name) == 0)
			return &plan->apps[i];
	}
	return NULL;
}

static const char *terminal_type(struct arena *arena)
{
	const char *type = getenv("TERM");

	return type != NULL && type[0] != '\0' ? arena_printf(arena, "TERM=%s", type) : NULL;
}

int entrypoint_enter(const struct entrypoint_call *call, struct error *err)
{
	auto_cgroup_pod struct cgroup_pod cgroup = CGROUP_POD_NONE;
	auto_close int pod_fd = FD_NONE;
	struct enter_options options = { 0 };
	struct planned_pod planned = { 0 };
	struct app_join join;
	int used = parse(call, &options, err);
	int r;

	if (used < 0)
		return used;
	r = sealed_self_ensure(call, err);
	if (r < 0)
		return r;
	pod_fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (pod_fd < 0)
		return error_from_errno(err, "opening the pod directory");
	r = planned_pod_reload(call, pod_fd, &planned, err);
	if (r == 0)
		r = pod_cgroups_find(call->arena, pod_fd, planned.plan.uuid, &cgroup, err);
	if (r < 0)
		return r;
	join = (struct app_join){ .arena = call->arena,
				  .plan = &planned.plan,
				  .app = find_app(&planned.plan, options.app),
				  .cgroup = &cgroup,
				  .pid = (pid_t)options.pid,
				  .argv = (const char *const *)&call->args[used],
				  .terminal_type = terminal_type(call->arena) };
	r = metadata_host_read(call->arena, pod_fd, &join.metadata_host, err);
	if (r < 0)
		return r;
	if (join.app == NULL)
		return error_set(err, ENOENT, "--appname=%s: the pod has no such app", options.app);
	return call->stage1->join != NULL ? call->stage1->join(&join, err)
					  : app_join_run(&join, err);
}
