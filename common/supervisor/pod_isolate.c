/* SPDX-License-Identifier: Apache-2.0 */
#include "common/supervisor/pod_isolate.h"

#include <stdio.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/namespace/namespace_set.h"
#include "common/namespace/user_map.h"
#include "common/network/network_namespace.h"
#include "common/pod/pod_record.h"
#include "common/process/child.h"
#include "common/process/exit_status.h"
#include "common/process/fd_passing.h"
#include "common/process/signals.h"
#include "common/supervisor/leader.h"
#include "common/supervisor/pod_init.h"
#include "common/supervisor/pod_network.h"

/* A cgroup namespace is an app's, not the pod's: app_process.c. */
static struct namespace_set namespaces_of(const struct pod_run *run)
{
	const struct plan *plan = run->plan;

	return (struct namespace_set){ .mount = true,
				       .pid = plan->own_pid,
				       .network =
					   plan->network != PLAN_NETWORK_HOST && !run->is_connected,
				       .ipc = plan->own_ipc && !run->is_alone,
				       .uts = plan->own_uts && !run->is_alone,
				       .user = plan->own_user };
}

/* PID 1 waits for its user map on the control socket, and starts when it has it. */
static int start_init(struct pod_run *run, int control[2], struct child *ret_init,
		      struct error *err)
{
	struct namespace_set namespaces = namespaces_of(run);
	struct child_options options = { .namespaces = namespace_set_flags(&namespaces),
					 .cgroup_fd = cgroup_pod_clone_fd(&run->cgroup) };
	int r = child_start(&options, ret_init, err);

	if (r != 0)
		return r;
	cleanup_close(&control[0]);
	_exit(init_main(run, control[1]));
}

static int join_networks(struct pod_network *network, pid_t pid, struct error *err)
{
	int fd;
	int r = network_namespace_of(pid, &fd, err);

	return r < 0 ? r : pod_network_join_consume(network, fd, err);
}

static int lead(struct pod_run *run, const struct child *init, int control, int signal_fd,
		struct error *err)
{
	const struct leader leader = { .plan = run->plan,
				       .init = init,
				       .control = control,
				       .signal_fd = signal_fd,
				       .results_fd = run->results_fd,
				       .notify = &run->notify,
				       .observer = run->observer,
				       .program = run->program };
	int r = run->kept_outside ? 0 : pod_record_ppid(run->pod_fd, getpid(), err);

	if (r == 0 && run->observer != NULL)
		run->observer->started(run->observer->context, init->pid);
	if (r == 0 && run->plan->own_user) {
		struct user_map map = { .base = run->plan->user_base,
					.count = run->plan->user_count };

		r = user_map_write(init->pid, &map, err);
	}
	if (r == 0 && run->network != NULL)
		r = join_networks(run->network, init->pid, err);
	if (r == 0)
		r = init_release(run, control, err);
	if (r < 0)
		return r;
	return leader_run(&leader, err);
}

/* Networks are left as soon as the pod has ended: its addresses are free for others. */
static void leave_networks(struct pod_run *run)
{
	struct error problem = { 0 };

	if (run->network == NULL)
		return;
	if (pod_network_leave(run->network, &problem) < 0)
		(void)dprintf(STDERR_FILENO,
			      "%s: warning: leaving networks, which gc will try again: %s\n",
			      run->program, problem.text);
	pod_network_release(run->network);
	run->network = NULL;
}

static int prepare_networks(struct pod_run *run, struct pod_network *network, struct error *err)
{
	if (run->plan->network != PLAN_NETWORK_PLUGINS || run->is_connected)
		return 0;
	*network = (struct pod_network){ .arena = run->arena,
					 .plan = run->plan,
					 .pod_fd = run->pod_fd,
					 .local_config = run->local_config };
	run->network = network;
	return pod_network_prepare(network, err);
}

int isolate_in_namespaces(struct pod_run *run, struct error *err)
{
	struct child init = CHILD_NONE;
	auto_close int signal_fd = FD_NONE;
	int control[2] = { FD_NONE, FD_NONE };
	struct pod_network network;
	int r;

	r = pod_run_open(run, err);
	if (r == 0)
		r = prepare_networks(run, &network, err);
	if (r == 0)
		r = signals_to_fd(&signal_fd, err);
	if (r == 0)
		r = fd_passing_open(control, err);
	if (r == 0)
		r = start_init(run, control, &init, err);
	cleanup_close(&control[1]);
	if (r == 1) {
		r = lead(run, &init, control[0], signal_fd, err);
		if (r < 0)
			child_destroy(&init);
	}
	cleanup_close(&control[0]);
	child_release(&init);
	leave_networks(run);
	pod_run_remove_cgroups(run);
	return r;
}
