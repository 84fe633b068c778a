/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process.h - a hypervisor's process: born in its cgroup, jailed, with the descriptors it is given.
 *
 * Ownership:  the descriptors of a struct hypervisor_process are its own until
 *             hypervisor_process_release(); the child has copies of the same numbers.
 */
#pragma once

#include "common/cgroup/cgroup_app.h"
#include "common/process/child.h"
#include "stage1-kvm/hypervisor/hypervisor.h"
#include "stage1-kvm/hypervisor/jail.h"

#define HYPERVISOR_DESCRIPTORS 32

struct hypervisor_process {
	int kept[HYPERVISOR_DESCRIPTORS]; /* what the process gets beside stdio */
	size_t n_kept;
	const struct cgroup_app *cgroup;
	struct jail jail;
};

/* Takes fd, which is the process's from now on; returns it. */
int hypervisor_process_keep(struct hypervisor_process *process, int fd);
void hypervisor_process_release(struct hypervisor_process *process);

/* Returns when the program is executed. */
int hypervisor_process_start(const struct hypervisor_process *process,
			     const struct hypervisor_command *command, struct child *ret,
			     struct error *err) MUST_CHECK;
