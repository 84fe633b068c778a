/* SPDX-License-Identifier: Apache-2.0 */
/*
 * QEMU's microvm: its command line.
 *
 * Transports: there are eight.  virtio-mmio-bus.7 is the guest's root, bus 6 the disk that apps
 *             write to, and below follow the disks of the apps (the guest's driver names them
 *             vda, vdb, vdc … in the same order), then the network cards (eth0, eth1 …) and the
 * shares; bus 0 is the channel and the console.  What is left between them, bus 1, is a balloon, by
 * which the guest gives back memory that it does not use any more.
 */
#include "stage1-kvm/hypervisor/hypervisor.h"

#include <errno.h>

#include "common/base/cleanup.h"
#include "stage1-kvm/hypervisor/qemu_state.h"

#define PROGRAM     "/usr/bin/qemu-system-x86_64"

#define CHANNEL_BUS 0
#define BALLOON_BUS 1
#define ROOT_BUS    7
#define FIRST_BUS   (ROOT_BUS - 2) /* of what a pod has more or less of */
#define MAX_DEVICES (FIRST_BUS - CHANNEL_BUS)

/* Boots by PVH, without ACPI, so that the kernel command line names the devices. */
#define MACHINE                                                                                    \
	"microvm,acpi=off,pit=on,pic=on,rtc=on,isa-serial=off,x-option-roms=off,graphics=off,"     \
	"usb=off,memory-backend=memory"

/* In bytes.  A guest reads twice that ahead of who reads a file from its beginning: host and guest
 * work at the same time then, and few requests wait for each other. */
#define READ_AT_ONCE "524288"

#define SANDBOX      "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"
#define KERNEL_COMMAND_LINE                                                                        \
	"quiet no_timer_check reboot=t panic=-1 root=/dev/vda rootfstype=squashfs ro init=/init "  \
	"console=hvc0"

/*
 * An emulated guest need not measure its timer, which always runs at 1 GHz (10,000,000 in a tick),
 * nor what the host has measured; and there is nothing to compare the count of cycles with, without
 * which it would not trust it, and tick a hundred times a second even when it has nothing to do.
 */
#define EMULATED_TIMER " lapic_timer_period=10000000"
#define EMULATED_CLOCK EMULATED_TIMER " tsc=reliable tsc_early_khz=%u"

/*
 * All that can be emulated, so that programs built for newer processors run; but not what makes
 * kernel and libraries copy by single string instructions, which are slow here.
 */
#define EMULATED_CPU   "max,-erms,-fsrm"

static const char *const places[] = {
	"usr/bin/qemu-system-x86_64", "usr/lib", "usr/lib64", "usr/share/qemu",
	"usr/share/seabios",          NULL
};

static void add_pair(struct hypervisor_command *command, const char *name, const char *value)
{
	hypervisor_add(command, name);
	hypervisor_add(command, value);
}

#define print_pair(command, name, ...)                                                             \
	add_pair((command), (name), arena_printf((command)->arena, __VA_ARGS__))

static void add_machine(struct hypervisor_command *command,
			const struct hypervisor_machine *machine)
{
	hypervisor_add(command, PROGRAM);
	add_pair(command, "-M", MACHINE);
	hypervisor_add(command, "-nodefaults");
	hypervisor_add(command, "-no-user-config");
	hypervisor_add(command, "-no-reboot");
	add_pair(command, "-display", "none");
	add_pair(command, "-sandbox", SANDBOX);
	add_pair(command, "-global", "virtio-mmio.force-legacy=false");
	add_pair(command, "-accel", machine->hardware ? "kvm" : "tcg");
	add_pair(command, "-cpu", machine->hardware ? "host" : EMULATED_CPU);
	print_pair(command, "-smp", "%u", machine->cpus);
	/* What is restored has its kernel in its memory. */
	if (machine->way == HYPERVISOR_RESTORE)
		return;
	print_pair(command, "-kernel", "/proc/self/fd/%d", machine->kernel);
	if (machine->hardware)
		add_pair(command, "-append", KERNEL_COMMAND_LINE);
	else if (machine->clock_khz == 0)
		add_pair(command, "-append", KERNEL_COMMAND_LINE EMULATED_TIMER);
	else
		print_pair(command, "-append", KERNEL_COMMAND_LINE EMULATED_CLOCK,
			   machine->clock_khz);
}

static void add_memory(struct hypervisor_command *command, const struct hypervisor_machine *machine)
{
	unsigned long long mib = machine->memory_bytes >> 20;

	print_pair(command, "-m", "%lluM", mib);
	if (machine->way == HYPERVISOR_COLD && machine->n_shares == 0)
		print_pair(command, "-object", "memory-backend-ram,id=memory,size=%lluM", mib);
	else if (machine->way == HYPERVISOR_COLD) /* servers of shares work in it */
		print_pair(command, "-object", "memory-backend-memfd,id=memory,share=on,size=%lluM",
			   mib);
	else
		print_pair(command, "-object",
			   "memory-backend-file,id=memory,share=%s,mem-path=/proc/self/fd/%d,"
			   "size=%lluM",
			   machine->way == HYPERVISOR_SAVE ? "on" : "off", machine->memory, mib);
}

/* A placeholder is one that a guest which is saved never reads. */
static void add_disk(struct hypervisor_command *command, size_t number, int fd)
{
	/* By number: the hypervisor's user may not open what a name leads to. */
	if (fd >= 0)
		print_pair(command, "-add-fd", "fd=%d,set=%zu", fd, number);
	if (fd >= 0)
		print_pair(command, "-blockdev",
			   "driver=raw,node-name=disk%zu,read-only=on,file.driver=file,"
			   "file.filename=/dev/fdset/%zu,file.read-only=on,file.locking=off,"
			   "file.drop-cache=off",
			   number, number);
	else
		print_pair(command, "-blockdev",
			   "driver=null-co,node-name=disk%zu,read-only=on,read-zeroes=on,size=%llu",
			   number, (unsigned long long)1 << 40);
	print_pair(command, "-device",
		   "virtio-blk-device,drive=disk%zu,opt_io_size=" READ_AT_ONCE
		   ",bus=virtio-mmio-bus.%zu",
		   number, ROOT_BUS - number);
}

/*
 * What the guest has written is in the host's memory before it hears so, and is not synced to the
 * host's disk: the disk goes with the pod.  What it discards is a hole again.  A full host is an
 * error for the guest, not a machine that waits.
 */
static void add_writable(struct hypervisor_command *command, int fd)
{
	print_pair(command, "-add-fd", "fd=%d,set=1", fd);
	add_pair(
	    command, "-blockdev",
	    "driver=raw,node-name=disk1,discard=unmap,cache.no-flush=on,file.driver=file,"
	    "file.filename=/dev/fdset/1,file.locking=off,file.discard=unmap,file.drop-cache=off");
	print_pair(command, "-device",
		   "virtio-blk-device,drive=disk1,werror=report,bus=virtio-mmio-bus.%d",
		   ROOT_BUS - 1);
}

static void add_nic(struct hypervisor_command *command, size_t number, size_t bus, int fd)
{
	print_pair(command, "-netdev", "tap,id=net%zu,fd=%d", number, fd);
	print_pair(
	    command, "-device",
	    "virtio-net-device,netdev=net%zu,mac=52:54:00:00:00:%02zx,bus=virtio-mmio-bus.%zu",
	    number, number & 0xff, bus);
}

static size_t count_devices(const struct hypervisor_machine *machine)
{
	return machine->n_disks + machine->n_nics + machine->n_shares;
}

static void add_share(struct hypervisor_command *command, size_t number, size_t bus, int fd)
{
	print_pair(command, "-chardev", "socket,id=share%zu,fd=%d", number, fd);
	print_pair(command, "-device",
		   "vhost-user-fs-device,queue-size=1024,chardev=share%zu,tag=share-%zu,"
		   "bus=virtio-mmio-bus.%zu",
		   number, number, bus);
}

static void add_channel(struct hypervisor_command *command,
			const struct hypervisor_machine *machine)
{
	/* Room for the usual 31 ports would cost the guest 3.5 MiB. */
	print_pair(command, "-device", "virtio-serial-device,max_ports=2,bus=virtio-mmio-bus.%d",
		   CHANNEL_BUS);
	print_pair(command, "-chardev", "socket,id=channel,fd=%d", machine->channel);
	add_pair(command, "-device", "virtserialport,chardev=channel,nr=1");
	print_pair(command, "-chardev", "socket,id=console,fd=%d", machine->console);
	add_pair(command, "-device", "virtconsole,chardev=console,nr=0");
}

static void add_balloon(struct hypervisor_command *command,
			const struct hypervisor_machine *machine)
{
	if (count_devices(machine) < MAX_DEVICES)
		print_pair(command, "-device",
			   "virtio-balloon-device,free-page-reporting=on,bus=virtio-mmio-bus.%d",
			   BALLOON_BUS);
}

static void add_control(struct hypervisor_command *command,
			const struct hypervisor_machine *machine)
{
	if (machine->control >= 0) {
		print_pair(command, "-chardev", "socket,id=monitor,fd=%d", machine->control);
		add_pair(command, "-mon", "chardev=monitor,mode=control");
	}
	/* Not that it was stopped when it was saved: it runs on as soon as it is restored. */
	if (machine->way == HYPERVISOR_SAVE)
		add_pair(command, "-global", "migration.store-global-state=off");
	if (machine->way != HYPERVISOR_RESTORE)
		return;
	add_pair(command, "-incoming", "defer");
	command->environment[0] =
	    arena_printf(command->arena, "LD_PRELOAD=/proc/self/fd/%d", machine->helper);
	command->failed = command->failed || command->environment[0] == NULL;
}

static int write_command(const struct hypervisor_machine *machine,
			 struct hypervisor_command *command, struct error *err)
{
	if (count_devices(machine) > MAX_DEVICES)
		return error_set(
		    err, E2BIG,
		    "%zu apps, networks and volumes of the host: a virtual machine has "
		    "room for %d",
		    count_devices(machine), MAX_DEVICES);
	add_machine(command, machine);
	add_memory(command, machine);
	add_disk(command, 0, machine->root);
	add_writable(command, machine->writable);
	for (size_t i = 0; i < machine->n_disks; i++)
		add_disk(command, i + 2, machine->disks[i]);
	for (size_t i = 0; i < machine->n_nics; i++)
		add_nic(command, i, FIRST_BUS - machine->n_disks - i, machine->nics[i]);
	for (size_t i = 0; i < machine->n_shares; i++)
		add_share(command, i, FIRST_BUS - machine->n_disks - machine->n_nics - i,
			  machine->shares[i]);
	add_channel(command, machine);
	add_balloon(command, machine);
	add_control(command, machine);
	return command->failed ? error_set(err, ENOMEM, "describing the machine: out of memory")
			       : 0;
}

const struct hypervisor hypervisor_qemu = {
	.name = "QEMU microvm",
	.program = PROGRAM,
	.places = places,
	.max_devices = MAX_DEVICES,
	.write_command = write_command,
	.open_helper = qemu_open_helper,
	.save = qemu_save,
	.load = qemu_load,
};
