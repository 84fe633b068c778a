/* SPDX-License-Identifier: Apache-2.0 */
#include "common/entrypoint/planned_pod.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/base/text.h"
#include "common/supervisor/host_facts.h"

#define ARGUMENTS_FILE      "run-arguments"
#define ARGUMENTS_MAX_BYTES ((size_t)1 << 20)

int planned_pod_facts(const struct stage1 *stage1, const struct cgroup_host *cgroups,
		      const struct pod_manifest *pod, struct plan_host *ret, struct error *err)
{
	return stage1->facts != NULL ? stage1->facts(cgroups, pod, ret, err)
				     : host_facts_collect(cgroups, pod, ret, err);
}

int planned_pod_load(const struct entrypoint_call *call, int pod_fd, struct planned_pod *ret,
		     struct error *err)
{
	struct planned_pod planned = { 0 };
	struct plan_host host = { 0 };
	struct plan_input input;
	int r;

	r = run_options_parse(call->arena, call->n, call->args, &planned.options, err);
	if (r == 0)
		r = pod_load(pod_fd, call->arena, &planned.pod, err);
	if (r == 0)
		r = cgroup_host_detect(call->arena, &planned.cgroups, err);
	if (r == 0)
		r = planned_pod_facts(call->stage1, &planned.cgroups, &planned.pod.manifest, &host,
				      err);
	if (r < 0)
		return r;
	input = (struct plan_input){ .pod = &planned.pod.manifest,
				     .images = planned.pod.images,
				     .options = &planned.options.plan,
				     .traits = call->stage1->traits,
				     .host = &host };
	r = plan_pod(call->arena, &input, &planned.plan, err);
	if (r < 0)
		return r;
	*ret = planned;
	return 0;
}

int planned_pod_describe(const struct entrypoint_call *call, struct plan *plan, struct error *err)
{
	struct plan_verdict *verdicts;
	int r;

	if (call->stage1->describe == NULL)
		return 0;
	verdicts = arena_array(call->arena, plan->n_verdicts + 1, struct plan_verdict);
	if (verdicts == NULL)
		return error_set(err, ENOMEM, "describing the pod: out of memory");
	if (plan->n_verdicts > 0)
		memcpy(verdicts + 1, plan->verdicts, plan->n_verdicts * sizeof(*verdicts));
	r = call->stage1->describe(call->arena, plan, &verdicts[0], err);
	plan->verdicts = verdicts;
	plan->n_verdicts++;
	return r;
}

bool planned_pod_has_run(int pod_fd)
{
	return faccessat(pod_fd, ARGUMENTS_FILE, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int planned_pod_keep_arguments(int pod_fd, int n, char *const args[], struct error *err)
{
	auto_text struct text all = { .cap = ARGUMENTS_MAX_BYTES };
	auto_close int file = FD_NONE;
	int r;

	for (int i = 0; i < n; i++)
		(void)text_append_bytes(&all, args[i], strlen(args[i]) + 1);
	r = text_status(&all);
	if (r < 0)
		return error_set(err, -r, "keeping the arguments: %s", strerror(-r));
	file = openat(pod_fd, ARGUMENTS_FILE, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
		      0600);
	if (file < 0)
		return error_from_errno(err, "creating %s", ARGUMENTS_FILE);
	r = file_write_fd(file, text_string(&all), all.length);
	return r < 0 ? error_set(err, -r, "writing %s: %s", ARGUMENTS_FILE, strerror(-r)) : 0;
}

/* Cuts "a\0b\0" into its parts. */
static int split_arguments(struct arena *arena, const struct text *all, char ***ret_args,
			   int *ret_n)
{
	char *copy = arena_bytes(arena, text_string(all), all->length);
	char **args;
	int n = 0;

	for (size_t i = 0; i < all->length; i++)
		n += all->data[i] == '\0';
	args = arena_array(arena, (size_t)n + 1, char *);
	if (copy == NULL || args == NULL)
		return -ENOMEM;
	n = 0;
	for (size_t i = 0; i < all->length; i += strlen(copy + i) + 1)
		args[n++] = copy + i;
	*ret_args = args;
	*ret_n = n;
	return 0;
}

int planned_pod_reload(const struct entrypoint_call *call, int pod_fd, struct planned_pod *ret,
		       struct error *err)
{
	auto_text struct text all = { 0 };
	struct entrypoint_call of_run = *call;
	char **args;
	int r;

	r = file_read_at(pod_fd, ARGUMENTS_FILE, ARGUMENTS_MAX_BYTES, &all, err);
	if (r < 0)
		return r;
	if (all.length == 0 || all.data[all.length - 1] != '\0')
		return error_set(err, EINVAL, "reading %s: it is cut off", ARGUMENTS_FILE);
	r = split_arguments(call->arena, &all, &args, &of_run.n);
	if (r < 0)
		return error_set(err, ENOMEM, "reading %s: out of memory", ARGUMENTS_FILE);
	of_run.args = args;
	return planned_pod_load(&of_run, pod_fd, ret, err);
}
