/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/parse.h"
#include "common/entrypoint/entrypoint.h"
#include "common/entrypoint/planned_pod.h"
#include "common/plan/plan_verdict.h"

/* What could not be had as asked is said at every start, one line each. */
static void warn_of_verdicts(const struct stage1 *stage1, const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_verdicts; i++) {
		auto_text struct text line = { 0 };

		if (plan->verdicts[i].kind == PLAN_ENFORCED ||
		    plan_verdict_write(&plan->verdicts[i], &line) < 0)
			continue;
		(void)dprintf(STDERR_FILENO, "%s: warning: %s\n", stage1->program,
			      text_string(&line));
	}
}

/* The open directory whose lock says that the pod runs; it has to stay open until the end. */
static int find_lock(int *ret_fd, struct error *err)
{
	const char *text = getenv("RKT_LOCK_FD");
	uint32_t fd;

	if (text == NULL || text[0] == '\0')
		return 0;
	if (parse_u32(text, INT32_MAX, &fd) < 0 || fcntl((int)fd, F_GETFD) < 0)
		return error_set(err, EBADF, "RKT_LOCK_FD=%s: not an open file", text);
	*ret_fd = (int)fd;
	return 0;
}

int entrypoint_run(const struct entrypoint_call *call, struct error *err)
{
	auto_close int pod_fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct planned_pod planned = { 0 };
	struct pod_run run = { .program = call->stage1->program,
			       .arena = call->arena,
			       .pod_fd = pod_fd,
			       .lock_fd = FD_NONE,
			       .log = LOG_WRITER_NONE,
			       .notify.host_socket = getenv("NOTIFY_SOCKET") };
	int r;

	if (pod_fd < 0)
		return error_from_errno(err, "opening the pod directory");
	r = find_lock(&run.lock_fd, err);
	if (r == 0)
		r = planned_pod_load(call, pod_fd, &planned, err);
	/* Looked at only where it can be a reason to refuse. */
	if (r == 0 && planned.plan.strict)
		r = planned_pod_describe(call, &planned.plan, err);
	if (r == 0)
		r = plan_check_strict(&planned.plan, err);
	run.again = planned_pod_has_run(pod_fd);
	if (r == 0)
		r = planned_pod_keep_arguments(pod_fd, call->n, call->args, err);
	if (r < 0)
		return r;
	warn_of_verdicts(call->stage1, &planned.plan);
	run.plan = &planned.plan;
	run.local_config = planned.options.local_config;
	run.cgroups = &planned.cgroups;
	r = call->stage1->run(&run, err);
	pod_run_release(&run);
	return r;
}
