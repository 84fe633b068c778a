/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroup_controller.h - the controllers this tree knows, as a set of bits.
 *
 * Names:      those of /proc/self/cgroup; v2 has the accounting of cpuacct in
 *             every cgroup, calls blkio "io", and has no devices and freezer
 *             controller, because every v2 cgroup can do both.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/base/text.h"

#define CGROUP_CPU     (UINT32_C(1) << 0)
#define CGROUP_CPUACCT (UINT32_C(1) << 1)
#define CGROUP_MEMORY  (UINT32_C(1) << 2)
#define CGROUP_PIDS    (UINT32_C(1) << 3)
#define CGROUP_BLKIO   (UINT32_C(1) << 4) /* v2: io */
#define CGROUP_DEVICES (UINT32_C(1) << 5)
#define CGROUP_FREEZER (UINT32_C(1) << 6)
#define CGROUP_SYSTEMD (UINT32_C(1) << 7) /* the v1 hierarchy name=systemd: processes only */

/* The bit of the first length bytes of name; 0: one that we have no use for. */
uint32_t cgroup_controller_bit(const char *name, size_t length);

/* Appends "cpu,cpuacct"; nothing for 0.  0 or, as text_append(), an error that sticks. */
int cgroup_controllers_write(uint32_t bits, struct text *out);

/* Reads such a list of length bytes ("" is 0); -EINVAL: a name that write() never gives. */
int cgroup_controllers_read(const char *list, size_t length, uint32_t *ret) MUST_CHECK;
