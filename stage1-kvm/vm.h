/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm.h - the machine of a pod: its kernel, disks and process on the host.
 *
 * Kernel and guest root are those of the stage1's image, opened read-only; the apps'
 * trees are the images that stage0 left as appsinfo/APP/image.squashfs.  Everything is
 * handed over as open descriptors.
 *
 * Disks:      transport virtio-mmio-bus.7 is the guest's root, and below follow the apps' in the
 *             plan's order; the guest's driver names them vda, vdb … in the same order.
 * Ownership:  the caller kills the process (child_destroy()) and closes the channel.
 */
#pragma once

#include "common/process/child.h"
#include "common/supervisor/pod_run.h"
#include "stage1-kvm/channel/channel.h"
#include "stage1-kvm/size.h"

struct vm {
	struct child process;
	int channel_fd; /* a stream socket to the guest's port */
	int console_fd; /* a memory file: what the guest's kernel said */
};

#define VM_NONE                                                                                    \
	{                                                                                          \
		.process = CHILD_NONE, .channel_fd = FD_NONE, .console_fd = FD_NONE                \
	}

/* The process is in cgroup before it executes anything. */
int vm_start(const struct pod_run *run, const struct size *size, const struct cgroup_app *cgroup,
	     struct vm *ret, struct error *err) MUST_CHECK;
void vm_release(struct vm *vm);

/* Has the guest mount the roots of the apps. */
int vm_order_mounts(struct channel *channel, const struct plan *plan, struct error *err) MUST_CHECK;

/* Appends the last line of the console to an error, if there is one. */
void vm_add_console(const struct vm *vm, struct error *err);
