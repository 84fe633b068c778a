/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api_file_systems.h - /proc, /sys and /dev of an app's root.
 *
 * Every mount goes onto a directory fd right below the root: a symlink or file
 * that the image put at one of the three names is replaced, and everything
 * further down happens inside our own new file systems, where the image has
 * nothing.
 *
 *   /proc        new instance: nosuid, nodev, noexec
 *   /sys         read-only sysfs, or a read-only copy of the host's where the
 *                pod may not have one (a user namespace in the host's network)
 *   /sys/fs/cgroup   the pod's own cgroup v2 view, read-only, if asked
 *   /dev         tmpfs 0755, nosuid, nodev, noexec, with the host's null zero full
 *                random urandom tty, each verified to be that device; fd stdin
 *                stdout stderr ptmx as symlinks; pts (new instance), shm, mqueue.
 *                The nodes are mounted read-only, which leaves reading and writing
 *                the devices alone but keeps an app's root from changing owner and
 *                mode of what are the host's own inodes.
 *
 * Errors:     -errno, with err naming the place.  After one the namespace is
 *             only good for being left.
 * Processes:  run in the app's own mount, pid and network namespaces, before the
 *             root switch (the host's /dev and /proc must still be there) and
 *             before any volume is attached; safe between clone() and exec().
 */
#pragma once

#include <stdbool.h>

#include "common/base/error.h"

struct api_file_systems {
	bool cgroup_view; /* the caller has a cgroup namespace of its own, on cgroup v2 */
	int shm;          /* detached tree for /dev/shm, so that the apps of a pod share it; it is
			     attached and stays the caller's to close.  FD_NONE: a new one */
	bool tunnels;     /* show the host's /dev/net/tun, if it has one */
	int console; /* a terminal to show as /dev/console; FD_NONE: what is written to it is lost
		      */
};

/* A tmpfs fit for /dev/shm.  To share one: attach it in PID 1's namespace and give each app a
 * mount_tree_clone() of it. */
int api_file_systems_new_shm(int *ret_tree, struct error *err) MUST_CHECK;

/* What masked_paths.h needs: the roots of the three mounts.  The caller's to close. */
struct api_file_systems_made {
	int proc, sys, dev;
};

void api_file_systems_made_release(struct api_file_systems_made *made);

/* root_fd: O_PATH of the root, the top of a mount. */
int api_file_systems_mount(int root_fd, const struct api_file_systems *wanted,
			   struct api_file_systems_made *ret, struct error *err) MUST_CHECK;

/*
 * For pods in the host's own namespaces: /proc, /sys and /dev with all mounts
 * below them, as the host has them; later mounts of the host appear, none of the
 * pod's leave.
 */
int api_file_systems_share_host(int root_fd, struct error *err) MUST_CHECK;
