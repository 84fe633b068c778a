/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroup_tree.h - a cgroup and all below it: processes, removal.
 *
 * Private to this room.  The same for both versions.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "common/base/error.h"

/* How deep processes are looked for: pods have three levels, systemd in an app a few more. */
#define CGROUP_MAX_DEPTH 64

/* found() for each pid of the cgroup and those below; its first result other than 0 is returned. */
int cgroup_tree_processes(int fd, int (*found)(pid_t pid, void *data), void *data,
			  struct error *err) MUST_CHECK;

/* The same for the cgroup alone. */
int cgroup_tree_own_processes(int fd, int (*found)(pid_t pid, void *data), void *data,
			      struct error *err) MUST_CHECK;

/*
 * Removes name below parent_fd and everything in it, however deep; nothing there
 * is success.  -EBUSY, with err filled: processes are in it.
 */
int cgroup_tree_remove(int parent_fd, const char *name, struct error *err) MUST_CHECK;

/* The same, tried again until timeout_ms have passed, while processes are dying. */
int cgroup_tree_remove_within(int parent_fd, const char *name, unsigned timeout_ms,
			      struct error *err) MUST_CHECK;
