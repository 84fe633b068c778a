/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rlimit.h - resource limits of the calling process.  Safe between clone() and exec().
 *
 * Errors:     -errno, err naming resource and values.  -EPERM: a hard limit above
 *             the present one without CAP_SYS_RESOURCE, or RLIMIT_NOFILE above
 *             fs.nr_open.  -EINVAL: soft above hard.
 */
#pragma once

#include <stdint.h>

#include "common/base/error.h"

#define RLIMIT_VALUE_UNLIMITED UINT64_MAX

struct rlimit_value {
	int resource; /* RLIMIT_NOFILE, … */
	uint64_t soft, hard;
};

int rlimit_set(const struct rlimit_value *value, struct error *err) MUST_CHECK;

/* "RLIMIT_NOFILE"; "an unknown resource" for others. */
const char *rlimit_name(int resource);
