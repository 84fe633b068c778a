/* SPDX-License-Identifier: Apache-2.0 */
/*
 * user_map.h - the ids of a user namespace.
 *
 * One range: ids 0 … count-1 inside are base … base+count-1 outside, for users and
 * groups alike.  setgroups(2) stays allowed, as apps have supplementary groups.
 *
 * Errors:     -errno, with err filled.  -EINVAL: an empty range or one that
 *             leaves the id space.  -EPERM: not privileged over the parent namespace.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "common/base/error.h"

struct user_map {
	uint32_t base, count;
};

/* -EINVAL, err says why, when it is not a range of ids. */
int user_map_check(const struct user_map *map, struct error *err) MUST_CHECK;

/* Writes the maps of a child that was cloned into a user namespace of its own and waits for it.
 * Once only; the writer is in the parent namespace and sees it as pid in /proc. */
int user_map_write(pid_t pid, const struct user_map *map, struct error *err) MUST_CHECK;

/* Opens the user namespace of a process, for mount_tree_map_users(). */
int user_map_open(pid_t pid, int *ret_namespace, struct error *err) MUST_CHECK;

/*
 * A user namespace with this map and nobody in it, for mount_tree_map_users().
 * Starts a process that has ended when this returns; not between clone() and exec().
 */
int user_map_new_namespace(const struct user_map *map, int *ret_namespace,
			   struct error *err) MUST_CHECK;

/* Becomes root of the user namespace that the caller was cloned into, once it is mapped. */
int user_map_become_root(struct error *err) MUST_CHECK;
