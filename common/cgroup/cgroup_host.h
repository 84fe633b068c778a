/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroup_host.h - the cgroup hierarchies of this machine, and where we are in them.
 *
 * Layouts:    v2 alone; v1 alone (one hierarchy for each controller, or several
 *             mounted together, as in "cpu,cpuacct"); hybrid: v1 controllers,
 *             and a v2 tree that only groups processes.
 * Cost:       one read of /proc/self/mountinfo and one of /proc/self/cgroup; a
 *             v2 tree costs one small read more.
 * Ownership:  all text belongs to the arena.
 * Errors:     -errno, err filled.  -ENOENT: no hierarchy is mounted at all.
 *             -EPROTO: /proc says something unreadable.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/error.h"

#define CGROUP_MAX_HIERARCHIES 10 /* one for each controller we know, the v2 tree, one spare */

struct cgroup_hierarchy {
	unsigned version;        /* 1 or 2 */
	uint32_t controllers;    /* CGROUP_…: v1: those mounted here; v2: those we may enable */
	const char *mount_point; /* "/sys/fs/cgroup/memory" */
	const char *own_path;    /* our cgroup below it: "" or "user.slice/session-1.scope" */
};

struct cgroup_host {
	struct cgroup_hierarchy items[CGROUP_MAX_HIERARCHIES];
	size_t n;
	bool systemd;   /* systemd runs this machine, so cgroups not delegated to us are its own */
	bool delegated; /* our v2 cgroup, or the parent of a leaf made by us, was given to us */
};

/* Looks at this machine. */
int cgroup_host_detect(struct arena *arena, struct cgroup_host *ret, struct error *err) MUST_CHECK;

/*
 * The reading alone: the texts of mountinfo and cgroup.  v2's controllers,
 * systemd and delegated are left 0: they are found in the file system.
 */
int cgroup_host_parse(struct arena *arena, const char *mountinfo, const char *cgroup,
		      struct cgroup_host *ret, struct error *err) MUST_CHECK;

/* Every controller that a limit can be set with here, in whatever hierarchy. */
uint32_t cgroup_host_controllers(const struct cgroup_host *host);
