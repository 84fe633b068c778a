/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/base/text.h"
#include "common/entrypoint/entrypoint.h"
#include "common/entrypoint/planned_pod.h"
#include "common/entrypoint/run_options.h"
#include "common/manifest/pod_manifest.h"
#include "common/plan/plan_json.h"

/*
 * The pod manifest comes on stdin: there is no pod directory, since nothing is to
 * be touched.  What only images say (their annotations) is not known here.
 */
static int read_pod(struct arena *arena, struct pod_manifest *ret, struct error *err)
{
	auto_text struct text text = { 0 };
	int r = file_read_fd(STDIN_FILENO, MANIFEST_MAX_BYTES, &text);

	if (r < 0)
		return error_set(err, -r, "reading the pod manifest from stdin: %s", strerror(-r));
	return pod_manifest_parse(
	    arena,
	    &(const struct json_source){ .text = text_string(&text),
					 .length = text.length,
					 .place = "the pod manifest on stdin" },
	    ret, err);
}

static int print_plan(const struct plan *plan, struct error *err)
{
	auto_text struct text out = { 0 };
	int r = plan_json_write(plan, false, &out);

	if (r == 0)
		r = text_append_char(&out, '\n');
	if (r == 0)
		r = file_write_fd(STDOUT_FILENO, text_string(&out), out.length);
	return r < 0 ? error_set(err, -r, "printing the plan: %s", strerror(-r)) : 0;
}

int entrypoint_explain(const struct entrypoint_call *call, struct error *err)
{
	struct run_options options;
	struct pod_manifest pod;
	struct plan_host host = { 0 };
	struct cgroup_host cgroups;
	struct plan plan;
	struct plan_input input = {
		.pod = &pod, .options = &options.plan, .traits = call->stage1->traits, .host = &host
	};
	int r;

	r = run_options_parse(call->arena, call->n, call->args, &options, err);
	if (r == 0)
		r = read_pod(call->arena, &pod, err);
	if (r == 0)
		r = cgroup_host_detect(call->arena, &cgroups, err);
	if (r == 0)
		r = planned_pod_facts(call->stage1, &cgroups, &pod, &host, err);
	if (r == 0)
		r = plan_pod(call->arena, &input, &plan, err);
	if (r == 0)
		r = planned_pod_describe(call, &plan, err);
	return r < 0 ? r : print_plan(&plan, err);
}
