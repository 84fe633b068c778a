/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm_launch.h - one process of the hypervisor, in one of three ways.
 *
 * Between vm.c, which knows the arguments, and vm_start.c, which chooses.
 */
#pragma once

#include "stage1-kvm/vm.h"

#define VM_PROGRAM "/usr/bin/qemu-system-x86_64"

/* Of every machine, however it is started. */
extern const char vm_machine[];
extern const char vm_command_line[];

enum vm_way {
	VM_COLD,    /* booted */
	VM_SAVE,    /* booted without apps, its memory being a file: to be saved */
	VM_RESTORE, /* the memory is a private view of that file, devices as they were saved */
};

struct vm_launch {
	const struct pod_run *run;
	const struct size *size;
	const struct cgroup_app *cgroup;
	enum vm_way way;
	int memory; /* of the template; borrowed */
};

/* *ret_monitor: the caller's to close; FD_NONE when VM_COLD. */
int vm_launch(const struct vm_launch *launch, struct vm *ret, int *ret_monitor,
	      struct error *err) MUST_CHECK;
