/* SPDX-License-Identifier: Apache-2.0 */
/*
 * size.h - how big a pod's virtual machine is, and what bounds it on the host.
 *
 * Memory:     what the pod, or all its apps together, may use, and SIZE_GUEST_BYTES for the
 *             guest itself, rounded up to a power of two, so that few templates are enough;
 *             SIZE_DEFAULT_BYTES without limits.  The limits themselves are enforced in the guest,
 * to the byte.  On the host, what runs the machine may use SIZE_HOST_BYTES more than the machine
 *             has, whatever the guest does.
 * CPU:        as many vCPUs as the limits need, rounded up; the exact quota is enforced by
 *             the machine's cgroup on the host, each app's by its own in the guest.
 */
#pragma once

#include "common/plan/plan.h"

#define SIZE_DEFAULT_BYTES ((uint64_t)512 << 20)
#define SIZE_LEAST_BYTES   ((uint64_t)128 << 20)
#define SIZE_GUEST_BYTES   ((uint64_t)64 << 20)
#define SIZE_HOST_BYTES    ((uint64_t)192 << 20)

struct size {
	uint64_t memory_bytes; /* of the guest */
	unsigned cpus;
	struct plan_limits limits; /* of the machine's cgroup */
};

/* host_cpus: no machine gets more vCPUs than this. */
struct size size_of(const struct plan *plan, unsigned host_cpus);
