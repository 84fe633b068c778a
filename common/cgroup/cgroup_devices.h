/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroup_devices.h - which devices an app with a device policy may open.
 *
 * null, zero, full, random, urandom, tty, console, ptmx and the pts are open for
 * reading and writing.  mknod() makes any node, since a node that cannot be
 * opened does no harm, and package managers make some.  Everything else: EPERM.
 *
 * v1 has the devices controller, v2 a BPF program attached to the cgroup.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"

#define CGROUP_DEVICE_ANY UINT32_MAX

struct cgroup_device {
	char type;             /* 'c', 'b' */
	uint32_t major, minor; /* CGROUP_DEVICE_ANY */
	const char *access;    /* of "rwm" */
};

/* The list above; *ret_n is how many. */
const struct cgroup_device *cgroup_devices(size_t *ret_n);

/* Attaches the list as a BPF program to a v2 cgroup; it stays until the cgroup is removed. */
int cgroup_devices_attach(int cgroup_fd, struct error *err) MUST_CHECK;
