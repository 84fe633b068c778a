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
	const char *base_path;   /* the one that pods are made in, cgroup_pod.h says which */
};

struct cgroup_host {
	struct cgroup_hierarchy items[CGROUP_MAX_HIERARCHIES];
	size_t n;
	bool systemd; /* systemd runs this machine, so v2 cgroups not delegated to us are its own */
	bool has_pod; /* given: the pod's cgroups, and its first app's, are there, with their
			 controllers and rules */
	bool delegated; /* v2's base_path is ours: processes in it may be moved to a leaf */
};

/* Looks at this machine. */
int cgroup_host_detect(struct arena *arena, struct cgroup_host *ret, struct error *err) MUST_CHECK;

/*
 * Its two halves.  First the texts of mountinfo and cgroup: everything but what
 * only the v2 tree knows.
 */
int cgroup_host_parse(struct arena *arena, const char *mountinfo, const char *cgroup,
		      struct cgroup_host *ret, struct error *err) MUST_CHECK;

/*
 * Then the v2 tree, if there is one: base_path, controllers, delegated.  systemd
 * must be set; root_fd is the mount point's directory.
 */
int cgroup_host_look(struct arena *arena, int root_fd, struct cgroup_host *host,
		     struct error *err) MUST_CHECK;

/* Every controller that a limit can be set with here, in whatever hierarchy. */
uint32_t cgroup_host_controllers(const struct cgroup_host *host);
