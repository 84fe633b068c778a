/* SPDX-License-Identifier: Apache-2.0 */
/*
 * isolate.h - the order in which a pod is put into a virtual machine.
 */
#pragma once

#include "common/supervisor/pod_run.h"

/* The machine's cgroup, beside nothing else in the pod's. */
#define ISOLATE_MACHINE "machine"

/* An isolator's run(), see common/supervisor/stage1.h. */
int isolate_in_machine(struct pod_run *run, struct error *err) MUST_CHECK;
