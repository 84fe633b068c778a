/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm_jail.h - what the process that runs a machine can still do: compute, and use its descriptors.
 *
 * Namespaces: mount, pid, ipc, uts and network of its own (VM_JAIL_NAMESPACES for clone3); the
 *             network has not even loopback up.
 * Root:       a tmpfs, read-only, with the host's /usr (programs and libraries), read-only, and a
 * /proc that shows this process alone.  No /dev, no /etc, nothing of the pod. User:       one of
 * its own, VM_JAIL_FIRST_UID + the leader's pid, no group, no capability, no way to new privileges;
 * the hypervisor's own system call filter comes on top.
 */
#pragma once

#include <sched.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/base/error.h"

#define VM_JAIL_NAMESPACES (CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET)

#define VM_JAIL_FIRST_UID  ((uint32_t)0x70000000) /* pids are below 2^22 */

/* In the child; the working directory is the pod's.  leader: whose machine it is. */
int vm_jail_enter(pid_t leader, struct error *err) MUST_CHECK;
