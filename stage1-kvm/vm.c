/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/vm.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/cgroup/cgroup_app.h"
#include "common/process/signals.h"
#include "stage1-kvm/pod_files.h"

#define QEMU              "/usr/bin/qemu-system-x86_64"
#define KERNEL            "stage1/rootfs/guest/vmlinux"
#define GUEST_ROOT        "stage1/rootfs/guest/root.squashfs"
#define CONSOLE_MAX_BYTES ((rlim_t)256 << 10)
#define MAX_ARGUMENTS     96

/* microvm has eight transports: channel and console, the root, and these for apps. */
#define MAX_APPS          6
#define ROOT_BUS          7
#define CHANNEL_BUS       0

/* Boots by PVH, without ACPI, so that the kernel command line names the devices. */
#define MACHINE                                                                                    \
	"microvm,acpi=off,pit=on,pic=on,rtc=on,isa-serial=off,x-option-roms=off,"                  \
	"graphics=off,usb=off"
#define COMMAND_LINE                                                                               \
	"quiet no_timer_check reboot=t panic=-1 root=/dev/vda ro init=/init console=hvc0"

struct start {
	struct arena *arena;
	const char *arguments[MAX_ARGUMENTS];
	size_t n;
	int kept[4 + MAX_APPS]; /* descriptors that the hypervisor gets */
	size_t n_kept;
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

static void add_disk(struct start *start, size_t number, int fd)
{
	add(start, "-blockdev");
	add_printed(start,
		    "driver=raw,node-name=disk%zu,read-only=on,file.driver=file,"
		    "file.filename=/proc/self/fd/%d,file.read-only=on,file.locking=off",
		    number, fd);
	add(start, "-device");
	add_printed(start, "virtio-blk-device,drive=disk%zu,bus=virtio-mmio-bus.%zu", number,
		    ROOT_BUS - number);
}

static int add_disks(const struct pod_run *run, struct start *start, struct error *err)
{
	int fd = FD_NONE;
	int r = open_file(run, start, GUEST_ROOT, &fd, err);

	if (r == 0)
		add_disk(start, 0, fd);
	for (size_t i = 0; r == 0 && i < run->plan->n_apps; i++) {
		const char *path = arena_printf(start->arena, "appsinfo/%s/image.squashfs",
						run->plan->apps[i].name);

		if (path == NULL)
			return error_set(err, ENOMEM, "opening the apps' disks: out of memory");
		r = open_file(run, start, path, &fd, err);
		if (r == 0)
			add_disk(start, i + 1, fd);
	}
	return r;
}

static void add_machine(struct start *start, const struct size *size, int kernel)
{
	static const char *const fixed[] = {
		QEMU,
		"-M",
		MACHINE,
		"-nodefaults",
		"-no-user-config",
		"-no-reboot",
		"-display",
		"none",
		"-sandbox",
		"on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
		"-global",
		"virtio-mmio.force-legacy=false",
		"-append",
		COMMAND_LINE,
	};

	for (size_t i = 0; i < ARRAY_LENGTH(fixed); i++)
		add(start, fixed[i]);
	add(start, "-m");
	add_printed(start, "%lluM", (unsigned long long)(size->memory_bytes >> 20));
	add(start, "-smp");
	add_printed(start, "%u", size->cpus);
	add(start, "-kernel");
	add_printed(start, "/proc/self/fd/%d", kernel);
}

static void add_channel(struct start *start, int channel, int console)
{
	add(start, "-device");
	add_printed(start, "virtio-serial-device,bus=virtio-mmio-bus.%d", CHANNEL_BUS);
	add(start, "-chardev");
	add_printed(start, "socket,id=channel,fd=%d", channel);
	add(start, "-device");
	add(start, "virtserialport,chardev=channel,nr=1");
	add(start, "-chardev");
	add_printed(start, "file,id=console,path=/proc/self/fd/%d,append=on", console);
	add(start, "-device");
	add(start, "virtconsole,chardev=console,nr=0");
}

static int prepare(const struct pod_run *run, const struct size *size, struct start *start,
		   const int channel_and_console[2], struct error *err)
{
	int kernel = FD_NONE;
	int r = open_file(run, start, KERNEL, &kernel, err);

	if (r < 0)
		return r;
	add_machine(start, size, kernel);
	r = add_disks(run, start, err);
	add_channel(start, channel_and_console[0], channel_and_console[1]);
	keep(start, channel_and_console[0]);
	keep(start, channel_and_console[1]);
	if (r == 0 && start->failed)
		return error_set(err, ENOMEM, "starting the virtual machine: out of memory");
	return r;
}

/* In the child. */
static int become_hypervisor(const struct start *start, const struct cgroup_app *cgroup,
			     pid_t leader, int null_fd, struct error *err)
{
	/* A guest that floods its console loses what it says then; no other file is written. */
	static const struct rlimit console_limit = { CONSOLE_MAX_BYTES, CONSOLE_MAX_BYTES };
	int r = cgroup_app_join(cgroup, cgroup_app_clone_fd(cgroup) >= 0, err);

	if (r == 0)
		r = signals_reset(err);
	if (r < 0)
		return r;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != leader)
		return error_set(err, ESRCH, "tying the virtual machine to its leader");
	for (size_t i = 0; i < start->n_kept; i++) {
		if (fcntl(start->kept[i], F_SETFD, 0) < 0)
			return error_from_errno(err, "handing over a descriptor");
	}
	if (dup2(null_fd, STDIN_FILENO) < 0 || dup2(null_fd, STDOUT_FILENO) < 0)
		return error_from_errno(err, "closing stdin and stdout");
	if (setrlimit(RLIMIT_FSIZE, &console_limit) < 0)
		return error_from_errno(err, "limiting the console");
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)setsid();
	return 0;
}

static int start_process(const struct start *start, const struct cgroup_app *cgroup,
			 struct child *ret, struct error *err)
{
	const struct child_options options = { .cgroup_fd = cgroup_app_clone_fd(cgroup) };
	auto_close int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	auto_report struct child_report report = CHILD_REPORT_NONE;
	auto_child struct child child = CHILD_NONE;
	pid_t leader = getpid();
	int r;

	if (null_fd < 0)
		return error_from_errno(err, "opening /dev/null");
	r = child_report_open(&report, err);
	if (r == 0)
		r = child_start(&options, &child, err);
	if (r < 0)
		return r;
	if (r == 0) {
		struct error mine = { 0 };

		child_report_enter(&report);
		r = become_hypervisor(start, cgroup, leader, null_fd, &mine);
		(void)child_report_send(&report, &mine);
		if (r == 0) {
			(void)execve(QEMU, (char *const *)(uintptr_t)start->arguments,
				     (char *const[]){ NULL });
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

int vm_start(const struct pod_run *run, const struct size *size, const struct cgroup_app *cgroup,
	     struct vm *ret, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct start start = { .arena = &arena };
	auto_close int console = FD_NONE;
	int ends[2];
	int r;

	if (run->plan->n_apps > MAX_APPS)
		return error_set(err, E2BIG, "%zu apps: a virtual machine has disks for %d",
				 run->plan->n_apps, MAX_APPS);
	console = memfd_create("console", MFD_CLOEXEC);
	if (console < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return error_from_errno(err, "making the channel");
	ret->channel_fd = ends[0];
	ret->console_fd = fcntl(console, F_DUPFD_CLOEXEC, 0);
	r = prepare(run, size, &start, (const int[]){ ends[1], console }, err);
	if (r == 0)
		r = start_process(&start, cgroup, &ret->process, err);
	if (start.n_kept < 2 || start.kept[start.n_kept - 2] != ends[1])
		cleanup_close(&ends[1]);
	else
		console = FD_NONE;
	close_kept(&start);
	return r;
}

void vm_release(struct vm *vm)
{
	if (vm->process.pid > 0)
		child_destroy(&vm->process);
	cleanup_close(&vm->channel_fd);
	cleanup_close(&vm->console_fd);
}

int vm_order_mounts(struct channel *channel, const struct plan *plan, struct error *err)
{
	int r =
	    pod_files_send_order(channel, err, "mount tmpfs none upper rw mode=0700,size=100%%");

	for (size_t i = 0; r == 0 && i < plan->n_apps; i++) {
		const char *name = plan->apps[i].name;

		r = pod_files_send_order(channel, err, "mount squashfs /dev/vd%c lower/%s ro",
					 (char)('b' + i), name);
		if (r == 0)
			r = pod_files_send_order(
			    channel, err,
			    "overlay lower/%s upper/%s pod/stage1/rootfs/opt/stage2/%s/rootfs",
			    name, name, name);
	}
	return r;
}

void vm_add_console(const struct vm *vm, struct error *err)
{
	char tail[300];
	off_t size = vm->console_fd >= 0 ? lseek(vm->console_fd, 0, SEEK_END) : 0;
	off_t from = size > (off_t)sizeof(tail) - 1 ? size - (off_t)sizeof(tail) + 1 : 0;
	ssize_t n = size > 0 ? pread(vm->console_fd, tail, sizeof(tail) - 1, from) : 0;
	struct error whole = *err;

	if (n <= 0)
		return;
	while (n > 0 && (tail[n - 1] == '\n' || tail[n - 1] == '\r'))
		n--;
	tail[n] = '\0';
	(void)error_set(err, whole.code, "%.200s; its console: %s", whole.text, tail);
}
