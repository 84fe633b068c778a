/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm.h - the machine of a pod: its kernel, disks and process on the host.
 *
 * Kernel and guest root are those of the stage1's image, opened read-only; the apps'
 * trees are the images that stage0 left as appsinfo/APP/image.erofs.  Everything is
 * handed over as open descriptors.
 *
 * Without one (another stage0, no tool to make it) the app's root is shared, like the
 * volumes of the host.
 *
 * Disks:      the guest's driver names them: vda is its root, vdb what apps write to
 *             (writable_disk.h), and those of the images follow (vm_disks.h).
 * Ownership:  the caller kills the process (child_destroy()) and closes the channel.
 */
#pragma once

#include "common/process/child.h"
#include "common/supervisor/pod_run.h"
#include "stage1-kvm/channel/channel.h"
#include "stage1-kvm/hypervisor/console.h"
#include "stage1-kvm/size.h"
#include "stage1-kvm/vm_disks.h"
#include "stage1-kvm/vm_network.h"
#include "stage1-kvm/vm_shares.h"

/* A stage1's describe(): how big the machine is, what runs it, how it starts. */
int vm_describe(struct arena *arena, const struct plan *plan, struct plan_verdict *ret,
		struct error *err) MUST_CHECK;

/* Why a pod's guest cannot be restored from a template; NULL: it can. */
const char *vm_cold_reason(const struct plan *plan);

struct vm {
	struct child process;
	int channel_fd; /* a stream socket to the guest's port */
	bool restored;  /* from a template: the guest is awake already */
	struct console console;
	struct vm_disks disks; /* of the images; the run's arena has them */
	struct vm_shares shares;
};

#define VM_NONE                                                                                    \
	{                                                                                          \
		.process = CHILD_NONE, .channel_fd = FD_NONE, .console = CONSOLE_NONE              \
	}

struct vm_request {
	const struct pod_run *run;
	const struct size *size;
	const struct cgroup_app *cgroup; /* the process is in it before it executes anything */
	const struct vm_network *network;
	bool without_volumes; /* none of the host's */
};

int vm_start(const struct vm_request *request, struct vm *ret, struct error *err) MUST_CHECK;
void vm_release(struct vm *vm);

/* Has the guest mount the roots of the apps. */
int vm_order_mounts(const struct vm *vm, struct channel *channel, const struct pod_run *run,
		    struct error *err) MUST_CHECK;

/* Listens to the console, and for the end of a server: an error of the poll set. */
int vm_watch(struct vm *vm, struct poll_set *poll_set, struct error *err) MUST_CHECK;
