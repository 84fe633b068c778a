/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jail.h - what the process that runs a machine can still do: compute, and use its descriptors.
 *
 * Namespaces: mount, pid, ipc, uts and network of its own (JAIL_NAMESPACES for clone3); the
 *             network has not even loopback up.
 * Root:       a tmpfs, read-only, with the host's places that the hypervisor needs, read-only, and
 *             a /proc that shows this process alone.  With hardware virtualization a /dev that
 *             has kvm and nothing else.  No /etc, nothing of the pod.
 * User:       one of its own, JAIL_FIRST_UID + the leader's pid, no group, no capability, no way to
 *             new privileges, nor to a user namespace; the hypervisor's own system call filter
 *             comes on top.
 * Limits:     of descriptors, threads and what it may write to a file; no core.
 */
#pragma once

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/base/error.h"

#define JAIL_NAMESPACES (CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET)

#define JAIL_FIRST_UID  ((uint32_t)0x70000000) /* pids are below 2^22 */

struct jail {
	pid_t leader;              /* whose machine it is */
	const char *const *places; /* as of struct hypervisor */
	bool kvm;                  /* whether it may use /dev/kvm */
	uint64_t file_bytes;       /* how large a file may become by it */
	unsigned threads;
};

/* In the child; the working directory is the pod's. */
int jail_enter(const struct jail *jail, struct error *err) MUST_CHECK;
