/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/isolate.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/pod/pod_record.h"
#include "common/process/signals.h"
#include "common/process/socket_activation.h"
#include "common/supervisor/pod_cgroups.h"
#include "stage1-kvm/leader.h"
#include "stage1-kvm/pod_files.h"
#include "stage1-kvm/size.h"
#include "stage1-kvm/vm.h"

struct isolation {
	struct pod_run *run;
	struct size size;
	struct plan_app machine; /* what the host bounds: one "app", which is the machine */
	struct plan host_plan;
	struct cgroup_app cgroup;
	struct vm_network network;
	struct vm vm;
};

static int refuse_sockets(const struct pod_run *run, struct error *err)
{
	struct socket_activation sockets = { 0 };
	int r = socket_activation_collect(getenv("LISTEN_PID"), getenv("LISTEN_FDS"), run->lock_fd,
					  &sockets, err);

	if (r == 0 && sockets.n > 0)
		return error_set(err, ENOTSUP,
				 "LISTEN_FDS: sockets of the host cannot be passed into a virtual "
				 "machine");
	return r;
}

static int make_cgroups(struct isolation *isolation, struct error *err)
{
	struct pod_run *run = isolation->run;
	const struct plan *plan = &isolation->host_plan;
	int r = pod_cgroups_plan(run->arena, run->cgroups, plan, &run->cgroup, err);

	if (r == 0)
		r = pod_cgroups_keep(run->pod_fd, &run->cgroup, err);
	if (r == 0)
		r = pod_cgroups_create(&run->cgroup, plan, err);
	if (r == 0)
		r = pod_cgroups_create_app(&run->cgroup, &isolation->machine, &isolation->cgroup,
					   err);
	return r < 0 ? r : pod_record_subcgroup(run->pod_fd, run->cgroup.subcgroup, err);
}

static int give_orders(void *context, struct channel *channel, struct error *err)
{
	const struct isolation *isolation = context;
	const struct pod_run *run = isolation->run;
	int r = pod_files_send(channel, run->pod_fd, run->plan, err);

	if (r == 0)
		r = vm_network_order(&isolation->network, channel, err);
	return r < 0 ? r : vm_order_mounts(&isolation->vm, channel, run, err);
}

static int watch_helpers(void *context, struct poll_set *poll_set, struct error *err)
{
	struct isolation *isolation = context;

	return vm_watch(&isolation->vm, poll_set, err);
}

static int lead(struct isolation *isolation, int signal_fd, struct error *err)
{
	const struct vm_leader leader = { .run = isolation->run,
					  .machine = &isolation->vm.process,
					  .log = pod_run_log(isolation->run),
					  .channel_fd = isolation->vm.channel_fd,
					  .signal_fd = signal_fd,
					  .restored = isolation->vm.restored,
					  .give_orders = give_orders,
					  .watch_helpers = watch_helpers,
					  .context = isolation };

	return vm_leader_run(&leader, err);
}

static void bound_machine(struct isolation *isolation)
{
	const struct plan *plan = isolation->run->plan;
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	isolation->size = size_of(plan, cpus > 0 ? (unsigned)cpus : 1);
	isolation->machine =
	    (struct plan_app){ .name = ISOLATE_MACHINE, .limits = isolation->size.limits };
	isolation->host_plan = (struct plan){ .uuid = plan->uuid,
					      .accounting = plan->accounting,
					      .apps = &isolation->machine,
					      .n_apps = 1 };
}

static int start_machine(struct isolation *isolation, struct error *err)
{
	const struct vm_request request = { .run = isolation->run,
					    .size = &isolation->size,
					    .cgroup = &isolation->cgroup,
					    .network = &isolation->network };

	return vm_start(&request, &isolation->vm, err);
}

static int start_and_lead(struct isolation *isolation, struct error *err)
{
	struct pod_run *run = isolation->run;
	auto_close int signal_fd = FD_NONE;
	int r = refuse_sockets(run, err);

	if (r == 0)
		r = pod_record_open(run->pod_fd, &run->results_fd, err);
	if (r == 0)
		r = make_cgroups(isolation, err);
	if (r == 0)
		r = pod_run_open_log(run, err);
	if (r == 0)
		r = signals_to_fd(&signal_fd, err);
	if (r == 0)
		r = vm_network_join(run, &isolation->network, err);
	if (r == 0)
		r = start_machine(isolation, err);
	return r < 0 ? r : lead(isolation, signal_fd, err);
}

int isolate_in_machine(struct pod_run *run, struct error *err)
{
	struct isolation isolation = { .run = run, .vm = VM_NONE };
	const struct plan *plan = run->plan;
	int r;

	run->results_fd = FD_NONE;
	run->log = (struct log_writer)LOG_WRITER_NONE;
	run->user_namespace = FD_NONE;
	bound_machine(&isolation);
	r = start_and_lead(&isolation, err);
	if (r < 0)
		console_add_to_error(&isolation.vm.console, err);
	vm_release(&isolation.vm);
	vm_network_leave(&isolation.network, run->program);
	cgroup_app_release(&isolation.cgroup);
	run->plan = &isolation.host_plan;
	pod_run_remove_cgroups(run);
	run->plan = plan;
	return r;
}
