/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine_counts.h - what the apps of a VM use, as its guest counts it, and the machine as a whole.
 *
 * The guest is asked through the pod's leader, as by one who enters (entry.h); what it
 * answers is its word.  The machine is what the host counts in the machine's cgroup.
 */
#pragma once

#include "common/supervisor/pod_counts.h"

/* A stage1's count(). */
int machine_counts_read(const struct pod_counts_request *request, struct pod_usage *ret,
			struct error *err) MUST_CHECK;
