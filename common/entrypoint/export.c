/* SPDX-License-Identifier: Apache-2.0 */
/*
 * export - writes what an app of an ended pod has made of its image to standard output, as the tar
 * archive of an image; for isolators whose pods' files nobody else can read.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/entrypoint/entrypoint.h"
#include "common/entrypoint/planned_pod.h"
#include "common/entrypoint/pod_argument.h"
#include "common/option/option.h"

struct export_options {
	const char *app;
};

static const struct option_spec specs[] = {
	{ .name = "app",
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct export_options, app),
	  .value_name = "NAME",
	  .help = "The app to export." },
};

static int check_app(const struct plan *plan, const char *name, struct error *err)
{
	for (size_t i = 0; i < plan->n_apps; i++) {
		if (name != NULL && strcmp(plan->apps[i].name, name) == 0)
			return 0;
	}
	return error_set(err, ENOENT, "--app=%s: the pod has no such app",
			 name != NULL ? name : "");
}

int entrypoint_export(const struct entrypoint_call *call, struct error *err)
{
	auto_close int pod_fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct export_options options = { 0 };
	const struct option_set set = { .specs = specs,
					.n_specs = ARRAY_LENGTH(specs),
					.target = &options };
	struct planned_pod planned = { 0 };
	struct pod_run run = { .program = call->stage1->program,
			       .plan = &planned.plan,
			       .cgroups = &planned.cgroups,
			       .arena = call->arena,
			       .pod_fd = pod_fd,
			       .lock_fd = FD_NONE };
	struct pod_argument argument;
	int r;

	if (pod_fd < 0)
		return error_from_errno(err, "opening the pod directory");
	r = pod_argument_parse(&set, call, &argument, err);
	if (r == 0 && call->stage1->archive == NULL)
		return error_set(err, ENOTSUP, "the files of these pods are read without it");
	if (r == 0)
		r = planned_pod_reload(call, pod_fd, &planned, err);
	if (r == 0)
		r = check_app(&planned.plan, options.app, err);
	return r < 0 ? r : call->stage1->archive(&run, options.app, err);
}
