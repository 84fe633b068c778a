/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroup_usage.h - what the processes of an app have used, as its cgroups count it.
 *
 * Who counts: a v2 cgroup counts CPU always, memory, processes and I/O with the controllers
 *             of its tree.  In v1 each is counted only where the app has a cgroup of that
 *             controller, which it has for a limit or when accounting was asked for.
 *             Processes can be counted without.
 * Units:      CPU in nanoseconds, else bytes and processes; since the cgroup was made.
 */
#pragma once

#include "common/cgroup/cgroup_app.h"

#define CGROUP_USAGE_UNKNOWN UINT64_MAX

struct cgroup_usage { /* CGROUP_USAGE_UNKNOWN: nobody counts it */
	uint64_t cpu_ns;
	uint64_t memory_bytes; /* now, with the cache of its files */
	uint64_t pids;         /* now */
	uint64_t io_read_bytes, io_write_bytes;
};

#define CGROUP_USAGE_NONE                                                                          \
	{                                                                                          \
		CGROUP_USAGE_UNKNOWN, CGROUP_USAGE_UNKNOWN, CGROUP_USAGE_UNKNOWN,                  \
		    CGROUP_USAGE_UNKNOWN, CGROUP_USAGE_UNKNOWN                                     \
	}

/* What cannot be read counts as unknown. */
void cgroup_app_usage(const struct cgroup_app *app, struct cgroup_usage *ret);

/* The same of one cgroup's directory; fills what these controllers (CGROUP_…) know. */
void cgroup_usage_read(int fd, unsigned version, uint32_t controllers, struct cgroup_usage *usage);
