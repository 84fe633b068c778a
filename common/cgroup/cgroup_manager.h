/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroup_manager.h - what differs between the two versions of cgroups: one table each.
 *
 * Private to this room.  Every function acts on the directory of one cgroup in
 * one hierarchy, so it works on any directory that has files of those names.
 *
 * Errors: -errno, err naming file and value.
 */
#pragma once

#include <stdbool.h>

#include "common/base/error.h"
#include "common/cgroup/cgroup_limits.h"

struct cgroup_manager {
	unsigned version;

	/* Sets those limits whose controller is in controllers. */
	int (*set_limits)(int fd, uint32_t controllers, const struct cgroup_limits *limits,
			  struct error *err);

	/* An app's own rules: it dies as a whole when it is out of memory. */
	int (*set_app_rules)(int fd, uint32_t controllers, struct error *err);

	/* Only the devices of cgroup_devices.h. */
	int (*set_devices)(int fd, struct error *err);

	/* One round of SIGKILL to all processes of the cgroup and those below. */
	int (*kill)(int fd, struct error *err);

	/* 1: a process is left in it or below; 0: none. */
	int (*populated)(int fd, struct error *err);

	/* How many processes of it the kernel killed for want of memory. */
	int (*oom_kills)(int fd, uint64_t *ret, struct error *err);
};

extern const struct cgroup_manager cgroup_v1;
extern const struct cgroup_manager cgroup_v2;

/* Writes a number into a file of a cgroup. */
int cgroup_write_number(int fd, const char *file, uint64_t value, struct error *err) MUST_CHECK;

/* The number after "key " at the start of a line; 0 when there is no such line. */
int cgroup_read_key(int fd, const char *file, const char *key, uint64_t *ret,
		    struct error *err) MUST_CHECK;

/* manager->kill() until nothing is populated; -EBUSY after timeout_ms. */
int cgroup_kill_all(const struct cgroup_manager *manager, int fd, unsigned timeout_ms,
		    struct error *err) MUST_CHECK;

/* Kills process by process, those that were in the cgroup for certain. */
int cgroup_kill_listed(int fd, struct error *err) MUST_CHECK;
