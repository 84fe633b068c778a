/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/vm.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/process/deadline.h"
#include "stage1-kvm/guest_files.h"
#include "stage1-kvm/hypervisor/host_clock.h"
#include "stage1-kvm/hypervisor/process.h"
#include "stage1-kvm/machine/disk_block.h"
#include "stage1-kvm/pod_files.h"
#include "stage1-kvm/vm_disks.h"
#include "stage1-kvm/vm_launch.h"
#include "stage1-kvm/writable_disk.h"

/* Threads that a hypervisor has beside those of the vCPUs: for disks, at most 64. */
#define THREADS 96

/* How long the hypervisor may take until it loads a saved guest, in ms. */
static const int load_ms = 20000;

/* How long the count of cycles is measured for one pod, and for all of a template, in ms. */
static const unsigned measure_ms = 10, measure_template_ms = 50;

struct start {
	const struct vm_launch *launch;
	struct host_clock clock;
	struct hypervisor_machine machine;
	struct hypervisor_process process;
	int disks[VM_DISKS_MAX], nics[VM_NETWORK_MAX], shares[VM_SHARES_MAX];
};

static int open_file(struct start *start, const char *path, int *ret, struct error *err)
{
	int fd =
	    openat(start->launch->request->run->pod_fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return error_from_errno(err, "opening %s", path);
	*ret = hypervisor_process_keep(&start->process, fd);
	return 0;
}

static int open_disks(struct start *start, const struct vm_disks *disks, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < disks->n; i++) {
		if (start->launch->way == HYPERVISOR_SAVE)
			start->disks[i] = FD_NONE;
		else
			r = open_file(start, disks->paths[i], &start->disks[i], err);
	}
	start->machine.n_disks = disks->n;
	return r;
}

static int add_disks(struct start *start, struct vm *vm, struct error *err)
{
	const struct vm_launch *launch = start->launch;
	const struct pod_run *run = launch->request->run;
	int r = open_file(start, GUEST_ROOT, &start->machine.root, err);

	if (r == 0)
		r = open_disks(start, launch->disks, err);
	for (size_t i = 0; r == 0 && i < run->plan->n_apps; i++) {
		if (launch->disks->of_app[i] == VM_DISK_NONE)
			r = vm_shares_open_root(&vm->shares, run->pod_fd, run->plan->apps[i].name,
						launch->request->cgroup, err);
	}
	return r;
}

static int keep_copy(struct start *start, int fd, const char *what, int *ret, struct error *err)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

	if (copy < 0)
		return error_from_errno(err, "handing over %s", what);
	*ret = hypervisor_process_keep(&start->process, copy);
	return 0;
}

static int add_nics(struct start *start, struct error *err)
{
	const struct vm_network *network = start->launch->request->network;
	/* A guest that is saved has the cards of the first pod, and never starts them. */
	int r = 0;

	for (size_t i = 0; r == 0 && i < network->n; i++)
		r = keep_copy(start, network->nics[i].tap, "a network card", &start->nics[i], err);
	start->machine.n_nics = network->n;
	return r;
}

static int add_shares(struct start *start, struct vm *vm, struct error *err)
{
	const struct vm_launch *launch = start->launch;
	int r = launch->way == HYPERVISOR_COLD && !launch->request->without_volumes
		    ? vm_shares_open_volumes(&vm->shares, launch->request->run->plan,
					     launch->request->cgroup, err)
		    : 0;

	for (size_t i = 0; r == 0 && i < vm->shares.n; i++)
		start->shares[i] = hypervisor_process_keep(
		    &start->process, take_fd(&vm->shares.items[i].share.socket));
	start->machine.n_shares = vm->shares.n;
	return r;
}

static int check_guest_files(const struct pod_run *run, struct error *err)
{
	auto_close int dir =
	    openat(run->pod_fd, GUEST_FILES, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (dir < 0)
		return error_from_errno(err, "opening %s", GUEST_FILES);
	return guest_files_check(dir, err);
}

static int make_ends(struct start *start, int *ret_ours, int *ret_theirs, struct error *err)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return error_from_errno(err, "making the channel");
	*ret_ours = ends[0];
	*ret_theirs = hypervisor_process_keep(&start->process, ends[1]);
	return 0;
}

static int make_channels(struct start *start, struct vm *vm, int *ret_control, struct error *err)
{
	int r = make_ends(start, &vm->channel_fd, &start->machine.channel, err);

	if (r == 0)
		r = make_ends(start, &vm->console.fd, &start->machine.console, err);
	if (r == 0 && start->launch->way != HYPERVISOR_COLD)
		r = make_ends(start, ret_control, &start->machine.control, err);
	return r;
}

/* What only a guest has that is saved or restored. */
static int add_template(struct start *start, struct error *err)
{
	const struct vm_launch *launch = start->launch;
	int helper = FD_NONE;
	int r;

	if (launch->way == HYPERVISOR_COLD)
		return 0;
	r = keep_copy(start, launch->memory, "the guest's memory", &start->machine.memory, err);
	if (r == 0 && launch->way == HYPERVISOR_RESTORE)
		r = keep_copy(start, launch->state, "the guest's state", &start->machine.state,
			      err);
	if (r == 0 && launch->way == HYPERVISOR_RESTORE)
		r = launch->hypervisor->open_helper(&helper, err);
	if (r == 0)
		start->machine.helper = hypervisor_process_keep(&start->process, helper);
	return r;
}

static int gather(struct start *start, struct vm *vm, int *ret_control, struct error *err)
{
	/* What is restored was compared before it was saved, and is named by what they are. */
	int r = start->launch->way == HYPERVISOR_RESTORE
		    ? 0
		    : check_guest_files(start->launch->request->run, err);

	if (r == 0)
		r = make_channels(start, vm, ret_control, err);
	if (r == 0 && start->launch->way != HYPERVISOR_RESTORE)
		r = open_file(start, GUEST_KERNEL, &start->machine.kernel, err);
	if (r == 0)
		r = keep_copy(start, start->launch->writable, "the disk for what apps write",
			      &start->machine.writable, err);
	if (r == 0)
		r = add_disks(start, vm, err);
	if (r == 0)
		r = add_nics(start, err);
	if (r == 0)
		r = add_shares(start, vm, err);
	return r < 0 ? r : add_template(start, err);
}

/* The largest file of a machine: its disk, or its memory where that is one. */
static uint64_t file_bytes(const struct size *size)
{
	return size->memory_bytes > WRITABLE_DISK_BYTES ? size->memory_bytes : WRITABLE_DISK_BYTES;
}

static int execute(struct start *start, struct child *ret, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	const struct vm_launch *launch = start->launch;
	struct hypervisor_command command = { .arena = &arena };
	int r;

	if (!launch->accelerator->hardware && launch->way != HYPERVISOR_RESTORE)
		start->machine.clock_khz = host_clock_khz(
		    &start->clock,
		    launch->way == HYPERVISOR_SAVE ? measure_template_ms : measure_ms);
	r = launch->hypervisor->write_command(&start->machine, &command, err);
	if (r < 0)
		return r;
	start->process.cgroup = launch->request->cgroup;
	start->process.jail = (struct jail){ .leader = getpid(),
					     .places = launch->hypervisor->places,
					     .kvm = launch->accelerator->hardware,
					     .file_bytes = file_bytes(launch->request->size),
					     .threads = THREADS + launch->request->size->cpus };
	return hypervisor_process_start(&start->process, &command, ret, err);
}

int vm_launch(const struct vm_launch *launch, struct vm *ret, int *ret_control, struct error *err)
{
	struct start start = { .launch = launch };
	auto_close int control = FD_NONE;
	int r;

	start.machine =
	    (struct hypervisor_machine){ .way = launch->way,
					 .hardware = launch->accelerator->hardware,
					 .memory_bytes = launch->request->size->memory_bytes,
					 .cpus = launch->request->size->cpus,
					 .control = FD_NONE,
					 .kernel = FD_NONE,
					 .memory = FD_NONE,
					 .state = FD_NONE,
					 .helper = FD_NONE,
					 .disks = start.disks,
					 .nics = start.nics,
					 .shares = start.shares };
	ret->disks = *launch->disks;
	host_clock_start(&start.clock);
	r = gather(&start, ret, &control, err);
	if (r == 0)
		r = execute(&start, &ret->process, err);
	hypervisor_process_release(&start.process);
	if (r == 0 && launch->way == HYPERVISOR_RESTORE)
		return launch->hypervisor->load(control, start.machine.state,
						deadline_after_ms(load_ms), err);
	if (r == 0)
		*ret_control = take_fd(&control);
	return r;
}

void vm_release(struct vm *vm)
{
	if (vm->process.pid > 0)
		child_destroy(&vm->process);
	vm_shares_release(&vm->shares);
	cleanup_close(&vm->channel_fd);
	console_release(&vm->console);
}

/* More than the host has room for is not given to the guest's apps. */
static int order_room(struct channel *channel, int pod_fd, struct error *err)
{
	uint64_t room = 0;
	int r = writable_disk_room(pod_fd, &room, err);

	return r < 0 || room >= WRITABLE_DISK_BYTES
		   ? r
		   : pod_files_send_order(channel, err, "room %" PRIu64, room);
}

int vm_order_mounts(const struct vm *vm, struct channel *channel, const struct pod_run *run,
		    struct error *err)
{
	const struct plan *plan = run->plan;
	const char first = 'c'; /* vda: the guest's root, vdb: what apps write to */
	const size_t *disks = vm->disks.of_app;
	int r = vm_shares_order_mounts(&vm->shares, channel, err);

	if (r == 0)
		r = order_room(channel, run->pod_fd, err);
	for (size_t i = 0; r == 0 && i < plan->n_apps; i++) {
		const char *name = plan->apps[i].name;

		/* Images carry no ACLs: looking for them at each file is work for nothing. */
		if (disks[i] != VM_DISK_NONE)
			r = pod_files_send_order(channel, err,
						 "mount erofs /dev/vd%c lower/%s ro noacl",
						 first + (char)disks[i], name);
		if (r == 0)
			r = pod_files_send_order(channel, err,
						 "overlay lower/%s %zu "
						 "pod/stage1/rootfs/opt/stage2/%s/rootfs",
						 name, i, name);
	}
	return r;
}

int vm_watch(struct vm *vm, struct poll_set *poll_set, struct error *err)
{
	int r = console_watch(&vm->console, poll_set, err);

	return r < 0 ? r : vm_shares_watch(&vm->shares, poll_set, err);
}
