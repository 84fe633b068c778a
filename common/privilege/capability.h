/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capability.h - capability sets of the calling thread, set exactly.
 *
 * Sets:       bit n is capability number n of <linux/capability.h>.
 * Processes:  raw system calls, nothing allocated: safe between clone() and exec().
 * Errors:     -errno, err filled.  -EPERM: no CAP_SETPCAP for the bounding set, or
 *             a capability that the thread does not have.
 */
#pragma once

#include <stdint.h>

#include "common/base/error.h"

#define CAPABILITY_BIT(number) (UINT64_C(1) << (number))

struct capability_sets {
	uint64_t bounding, permitted, effective, inheritable, ambient;
};

/* Only what bounds and what is in force; all five sets take twice the calls. */
int capability_get_bounds(uint64_t *ret_bounding, uint64_t *ret_effective,
			  struct error *err) MUST_CHECK;

int capability_get(struct capability_sets *ret, struct error *err) MUST_CHECK;

/* Drops all but kept from the bounding set, capabilities newer than this source included. */
int capability_bound(uint64_t kept, struct error *err) MUST_CHECK;

/* Permitted and effective become held, inheritable and ambient empty. */
int capability_hold(uint64_t held, struct error *err) MUST_CHECK;
