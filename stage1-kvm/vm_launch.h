/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm_launch.h - one process of the hypervisor, in one of three ways.  What is restored is loaded.
 *
 * Between vm.c, which gathers what a machine is made of, and vm_start.c, which chooses.
 */
#pragma once

#include "stage1-kvm/hypervisor/accelerator.h"
#include "stage1-kvm/hypervisor/hypervisor.h"
#include "stage1-kvm/vm.h"

struct vm_launch {
	const struct vm_request *request;
	const struct hypervisor *hypervisor;
	const struct accelerator *accelerator;
	const struct vm_disks *disks; /* of the apps' images */
	enum hypervisor_way way;
	int memory;   /* of the template; borrowed */
	int state;    /* of the template's devices, to RESTORE; borrowed */
	int writable; /* the disk that apps write to; borrowed */
};

/* *ret_control: the caller's to close; FD_NONE but for HYPERVISOR_SAVE. */
int vm_launch(const struct vm_launch *launch, struct vm *ret, int *ret_control,
	      struct error *err) MUST_CHECK;
