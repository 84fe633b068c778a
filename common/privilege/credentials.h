/* SPDX-License-Identifier: Apache-2.0 */
/*
 * credentials.h - user, group and supplementary groups of a process, set exactly.
 *
 * Processes:  of the calling thread by raw system calls (glibc's wrappers would
 *             signal other threads, which a clone has not): safe between clone()
 *             and exec().
 * Errors:     -errno, err naming the id.  -EPERM: no CAP_SETUID, CAP_SETGID;
 *             -EINVAL: an id that is not mapped in the user namespace.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"

struct credentials {
	uint32_t uid, gid;
	const uint32_t *groups; /* supplementary ones, exactly these */
	size_t n_groups;
};

/*
 * Groups, then the gid, then the uid; real, effective, saved and file system ids.
 * keep_capabilities: the permitted set survives the change to another uid, until
 * exec (the effective one does not: capability_hold() it).
 */
int credentials_set(const struct credentials *credentials, bool keep_capabilities,
		    struct error *err) MUST_CHECK;
