/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/vm.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/cgroup/cgroup_app.h"
#include "common/process/signals.h"
#include "stage1-kvm/guest_files.h"
#include "stage1-kvm/pod_files.h"
#include "stage1-kvm/template/preload.h"
#include "stage1-kvm/vm_jail.h"
#include "stage1-kvm/vm_launch.h"

#define QEMU          VM_PROGRAM
#define MAX_ARGUMENTS 96

/* microvm has eight transports: channel and console, the root, and these for apps and volumes. */
#define MAX_DEVICES   6
#define ROOT_BUS      7
#define CHANNEL_BUS   0

/* Boots by PVH, without ACPI, so that the kernel command line names the devices. */
const char vm_machine[] = "microvm,acpi=off,pit=on,pic=on,rtc=on,isa-serial=off,x-option-roms=off,"
			  "graphics=off,usb=off,memory-backend=memory";

#define SANDBOX "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"
const char vm_command_line[] =
    "quiet no_timer_check reboot=t panic=-1 root=/dev/vda ro init=/init console=hvc0";

/* As much of the console as an error has room for. */
#define CONSOLE_TOLD 250

struct start {
	struct arena *arena;
	const char *arguments[MAX_ARGUMENTS];
	size_t n;
	int kept[8 + 2 * MAX_DEVICES]; /* descriptors that the hypervisor gets */
	size_t n_kept;
	size_t n_disks; /* of apps */
	const struct cgroup_app *cgroup;
	const struct size *size;
	const struct vm_launch *launch;
	int channel, console, monitor; /* its ends, in kept as well */
	const char *environment[2];
	bool failed; /* no memory, or no room */
};

static void add(struct start *start, const char *argument)
{
	if (argument == NULL || start->n + 1 >= MAX_ARGUMENTS)
		start->failed = true;
	else
		start->arguments[start->n++] = argument;
}

#define add_printed(start, ...) add((start), arena_printf((start)->arena, __VA_ARGS__))

static void keep(struct start *start, int fd)
{
	start->kept[start->n_kept++] = fd;
}

static int open_file(const struct pod_run *run, struct start *start, const char *path, int *ret,
		     struct error *err)
{
	int fd = openat(run->pod_fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return error_from_errno(err, "opening %s", path);
	keep(start, fd);
	*ret = fd;
	return 0;
}

static void add_drive(struct start *start, size_t number)
{
	add(start, "-device");
	add_printed(start, "virtio-blk-device,drive=disk%zu,bus=virtio-mmio-bus.%zu", number,
		    ROOT_BUS - number);
}

/* What stands for an app's disk while there is no app: a guest that is saved never reads it. */
static void add_placeholder(struct start *start, size_t number)
{
	add(start, "-blockdev");
	add_printed(start, "driver=null-co,node-name=disk%zu,read-only=on,read-zeroes=on,size=%llu",
		    number, (unsigned long long)1 << 40);
	add_drive(start, number);
}

static void add_disk(struct start *start, size_t number, int fd)
{
	/* By number: the hypervisor's user may not open what a name leads to. */
	add(start, "-add-fd");
	add_printed(start, "fd=%d,set=%zu", fd, number);
	add(start, "-blockdev");
	add_printed(start,
		    "driver=raw,node-name=disk%zu,read-only=on,file.driver=file,"
		    "file.filename=/dev/fdset/%zu,file.read-only=on,file.locking=off",
		    number, number);
	add_drive(start, number);
}

static int add_app(const struct pod_run *run, struct start *start, const char *app, struct vm *vm,
		   struct error *err)
{
	const char *path = arena_printf(start->arena, "appsinfo/%s/image.squashfs", app);
	int fd = FD_NONE;
	int r;

	if (path == NULL)
		return error_set(err, ENOMEM, "opening the apps' disks: out of memory");
	r = open_file(run, start, path, &fd, err);
	if (r == 0)
		add_disk(start, ++start->n_disks, fd);
	if (r != -ENOENT)
		return r;
	error_clear(err);
	return vm_shares_open_root(&vm->shares, run->pod_fd, app, start->cgroup, err);
}

static int add_disks(const struct pod_run *run, struct start *start, struct vm *vm,
		     struct error *err)
{
	int fd = FD_NONE;
	int r = open_file(run, start, GUEST_ROOT, &fd, err);

	if (r == 0)
		add_disk(start, 0, fd);
	if (r == 0 && run->plan->n_apps > MAX_DEVICES)
		return error_set(err, E2BIG, "%zu apps: a virtual machine has room for %d",
				 run->plan->n_apps, MAX_DEVICES);
	for (size_t i = 0; r == 0 && i < run->plan->n_apps; i++) {
		if (start->launch->way == VM_SAVE)
			add_placeholder(start, ++start->n_disks);
		else
			r = add_app(run, start, run->plan->apps[i].name, vm, err);
	}
	return r;
}

static int add_shares(struct start *start, const struct pod_run *run, struct vm *vm,
		      struct error *err)
{
	int r = start->launch->way == VM_COLD
		    ? vm_shares_open_volumes(&vm->shares, run->plan, start->cgroup, err)
		    : 0;

	if (r < 0)
		return r;
	if (start->n_disks + vm->shares.n > MAX_DEVICES)
		return error_set(err, E2BIG,
				 "%zu apps and volumes of the host: a virtual machine has room for "
				 "%d",
				 start->n_disks + vm->shares.n, MAX_DEVICES);
	for (size_t i = 0; i < vm->shares.n; i++) {
		int socket_fd = vm->shares.items[i].share.socket;

		keep(start, socket_fd);
		vm->shares.items[i].share.socket = FD_NONE;
		add(start, "-chardev");
		add_printed(start, "socket,id=share%zu,fd=%d", i, socket_fd);
		add(start, "-device");
		add_printed(start,
			    "vhost-user-fs-device,queue-size=1024,chardev=share%zu,tag=share-%zu,"
			    "bus=virtio-mmio-bus.%zu",
			    i, i, ROOT_BUS - 1 - start->n_disks - i);
	}
	return 0;
}

/* Hands a copy of it over, under a number that is told to the hypervisor. */
static int keep_copy(struct start *start, int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

	if (copy < 0)
		start->failed = true;
	else
		keep(start, copy);
	return copy;
}

static void add_memory(struct start *start)
{
	const struct vm_launch *launch = start->launch;
	unsigned long long mib = start->size->memory_bytes >> 20;

	add(start, "-m");
	add_printed(start, "%lluM", mib);
	add(start, "-object");
	if (launch->way == VM_COLD) /* servers of shares work in the guest's memory */
		add_printed(start, "memory-backend-memfd,id=memory,share=on,size=%lluM", mib);
	else
		add_printed(start,
			    "memory-backend-file,id=memory,share=%s,mem-path=/proc/self/fd/%d,"
			    "size=%lluM",
			    launch->way == VM_SAVE ? "on" : "off", keep_copy(start, launch->memory),
			    mib);
}

static int add_saved(struct start *start, struct error *err)
{
	const struct vm_launch *launch = start->launch;
	int preload = FD_NONE;
	int r;

	if (launch->way == VM_COLD)
		return 0;
	add(start, "-chardev");
	add_printed(start, "socket,id=monitor,fd=%d", start->monitor);
	add(start, "-mon");
	add(start, "chardev=monitor,mode=control");
	if (launch->way == VM_SAVE)
		return 0;
	add(start, "-incoming");
	add(start, "defer");
	r = preload_open(&preload, err);
	if (r < 0)
		return r;
	keep(start, preload);
	start->environment[0] = arena_printf(start->arena, "LD_PRELOAD=/proc/self/fd/%d", preload);
	return start->environment[0] == NULL ? error_set(err, ENOMEM, "out of memory") : 0;
}

static void add_machine(struct start *start, int kernel)
{
	static const char *const fixed[] = {
		QEMU,
		"-M",
		vm_machine,
		"-nodefaults",
		"-no-user-config",
		"-no-reboot",
		"-display",
		"none",
		"-sandbox",
		SANDBOX,
		"-global",
		"virtio-mmio.force-legacy=false",
		"-append",
		vm_command_line,
	};

	for (size_t i = 0; i < ARRAY_LENGTH(fixed); i++)
		add(start, fixed[i]);
	add_memory(start);
	add(start, "-smp");
	add_printed(start, "%u", start->size->cpus);
	add(start, "-kernel");
	add_printed(start, "/proc/self/fd/%d", kernel);
}

static void add_channel(struct start *start)
{
	add(start, "-device");
	add_printed(start, "virtio-serial-device,bus=virtio-mmio-bus.%d", CHANNEL_BUS);
	add(start, "-chardev");
	add_printed(start, "socket,id=channel,fd=%d", start->channel);
	add(start, "-device");
	add(start, "virtserialport,chardev=channel,nr=1");
	add(start, "-chardev");
	add_printed(start, "socket,id=console,fd=%d", start->console);
	add(start, "-device");
	add(start, "virtconsole,chardev=console,nr=0");
}

static int check_guest_files(const struct pod_run *run, struct error *err)
{
	auto_close int dir =
	    openat(run->pod_fd, GUEST_FILES, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (dir < 0)
		return error_from_errno(err, "opening %s", GUEST_FILES);
	return guest_files_check(dir, err);
}

static int prepare(const struct pod_run *run, struct start *start, struct vm *vm, struct error *err)
{
	int kernel = FD_NONE;
	/* What is restored was compared before it was saved, and is named by their contents. */
	int r = start->launch->way == VM_RESTORE ? 0 : check_guest_files(run, err);

	if (r == 0)
		r = open_file(run, start, GUEST_KERNEL, &kernel, err);
	if (r < 0)
		return r;
	add_machine(start, kernel);
	r = add_disks(run, start, vm, err);
	if (r == 0)
		r = add_shares(start, run, vm, err);
	add_channel(start);
	if (r == 0)
		r = add_saved(start, err);
	if (r == 0 && start->failed)
		return error_set(err, ENOMEM, "starting the virtual machine: out of memory");
	return r;
}

/* In the child. */
static int become_hypervisor(const struct start *start, const struct child_report *report,
			     pid_t leader, struct error *err)
{
	auto_close int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	int r = cgroup_app_join(start->cgroup, cgroup_app_clone_fd(start->cgroup) >= 0, err);

	if (r == 0)
		r = signals_reset(err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < start->n_kept; i++) {
		if (fcntl(start->kept[i], F_SETFD, 0) < 0)
			return error_from_errno(err, "handing over a descriptor");
	}
	if (null_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0 || dup2(null_fd, STDOUT_FILENO) < 0)
		return error_from_errno(err, "closing stdin and stdout");
	(void)setsid();
	r = vm_jail_enter(leader, err);
	return r < 0 ? r : child_die_with_parent(report, err);
}

static int start_process(const struct start *start, struct child *ret, struct error *err)
{
	const struct child_options options = { .namespaces = VM_JAIL_NAMESPACES,
					       .cgroup_fd = cgroup_app_clone_fd(start->cgroup) };
	auto_report struct child_report report = CHILD_REPORT_NONE;
	auto_child struct child child = CHILD_NONE;
	pid_t leader = getpid();
	int r = child_report_open(&report, err);

	if (r == 0)
		r = child_start(&options, &child, err);
	if (r < 0)
		return r;
	if (r == 0) {
		struct error mine = { 0 };

		child_report_enter(&report);
		r = become_hypervisor(start, &report, leader, &mine);
		(void)child_report_send(&report, &mine);
		if (r == 0) {
			(void)execve(QEMU, (char *const *)(uintptr_t)start->arguments,
				     (char *const *)(uintptr_t)start->environment);
			(void)error_from_errno(&mine, "executing " QEMU);
			(void)child_report_send(&report, &mine);
		}
		_exit(1);
	}
	r = child_wait_exec(&report, &child, err);
	if (r == 0)
		*ret = child_take(&child);
	return r;
}

static void close_kept(struct start *start)
{
	for (size_t i = 0; i < start->n_kept; i++)
		cleanup_close(&start->kept[i]);
}

static int make_ends(struct start *start, int *ret_ours, int *ret_theirs, struct error *err)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return error_from_errno(err, "making the channel");
	*ret_ours = ends[0];
	*ret_theirs = ends[1];
	keep(start, ends[1]);
	return 0;
}

int vm_launch(const struct vm_launch *launch, struct vm *ret, int *ret_monitor, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct start start = {
		.arena = &arena, .cgroup = launch->cgroup, .size = launch->size, .launch = launch
	};
	auto_close int monitor = FD_NONE;
	int r = make_ends(&start, &ret->channel_fd, &start.channel, err);

	if (r == 0)
		r = make_ends(&start, &ret->console_fd, &start.console, err);
	if (r == 0 && launch->way != VM_COLD)
		r = make_ends(&start, &monitor, &start.monitor, err);
	if (r == 0)
		r = prepare(launch->run, &start, ret, err);
	if (r == 0)
		r = start_process(&start, &ret->process, err);
	close_kept(&start);
	if (r == 0)
		*ret_monitor = take_fd(&monitor);
	return r;
}

void vm_release(struct vm *vm)
{
	if (vm->process.pid > 0)
		child_destroy(&vm->process);
	vm_shares_release(&vm->shares);
	cleanup_close(&vm->channel_fd);
	cleanup_close(&vm->console_fd);
}

static bool has_disk(const struct vm *vm, const char *app)
{
	for (size_t i = 0; i < vm->shares.n; i++) {
		if (vm->shares.items[i].is_root && strcmp(vm->shares.items[i].name, app) == 0)
			return false;
	}
	return true;
}

int vm_order_mounts(const struct vm *vm, struct channel *channel, const struct plan *plan,
		    struct error *err)
{
	char disk = 'b';
	int r =
	    pod_files_send_order(channel, err, "mount tmpfs none upper rw mode=0700,size=100%%");

	if (r == 0)
		r = vm_shares_order_mounts(&vm->shares, channel, err);
	for (size_t i = 0; r == 0 && i < plan->n_apps; i++) {
		const char *name = plan->apps[i].name;

		if (has_disk(vm, name))
			r = pod_files_send_order(
			    channel, err, "mount squashfs /dev/vd%c lower/%s ro", disk++, name);
		if (r == 0)
			r = pod_files_send_order(
			    channel, err,
			    "overlay lower/%s upper/%s pod/stage1/rootfs/opt/stage2/%s/rootfs",
			    name, name, name);
	}
	return r;
}

/* 1: there may be more. */
static int read_console(struct vm *vm)
{
	char data[512];
	ssize_t n = recv(vm->console_fd, data, sizeof(data), MSG_DONTWAIT);
	size_t kept = vm->n_console;

	if (n <= 0)
		return n < 0 && errno == EAGAIN ? 0 : -EPIPE;
	if (kept + (size_t)n > sizeof(vm->console)) {
		size_t gone = kept + (size_t)n - sizeof(vm->console);

		gone = gone < kept ? gone : kept;
		memmove(vm->console, vm->console + gone, kept - gone);
		kept -= gone;
	}
	memcpy(vm->console + kept, data, (size_t)n);
	vm->n_console = kept + (size_t)n;
	return 1;
}

static int on_console(short events, void *context, struct error *err)
{
	struct vm *vm = context;

	(void)events;
	(void)err;
	if (read_console(vm) < 0)
		poll_set_remove(vm->poll_set, vm->console_fd);
	return 0;
}

int vm_watch(struct vm *vm, struct poll_set *poll_set, struct error *err)
{
	int r = poll_set_add(poll_set, vm->console_fd, POLLIN, on_console, vm, err);

	vm->poll_set = poll_set;
	return r < 0 ? r : vm_shares_watch(&vm->shares, poll_set, err);
}

void vm_add_console(struct vm *vm, struct error *err)
{
	struct error whole = *err;
	size_t n;

	while (vm->console_fd >= 0 && read_console(vm) == 1)
		;
	n = vm->n_console;
	while (n > 0 && (vm->console[n - 1] == '\n' || vm->console[n - 1] == '\r'))
		n--;
	if (n > 0)
		(void)error_set(err, whole.code, "%.200s; its console: %.*s", whole.text,
				n > CONSOLE_TOLD ? CONSOLE_TOLD : (int)n,
				vm->console + (n > CONSOLE_TOLD ? n - CONSOLE_TOLD : 0));
}
