/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroup_leaf.h - v2's rule that only leaves have processes, kept.
 *
 * Private to this room.  A cgroup gives controllers to its children only when no
 * process is in itself; so those that are, we among them, move to a leaf.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/cgroup/cgroup_controller.h"

#define CGROUP_LEAF_NAME     "supervisor"
#define CGROUP_MACHINE_SLICE "machine.slice"

/* What every v2 cgroup can do without a controller. */
#define CGROUP_V2_BUILT_IN   (CGROUP_CPUACCT | CGROUP_DEVICES | CGROUP_FREEZER)

/*
 * Gives controllers (built-in ones are passed over) to the children of a v2
 * cgroup.  may_move: processes in it may go to its leaf; -EBUSY otherwise.
 */
int cgroup_leaf_enable(int fd, uint32_t controllers, bool may_move, struct error *err) MUST_CHECK;
