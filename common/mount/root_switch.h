/* SPDX-License-Identifier: Apache-2.0 */
/*
 * root_switch.h - from the host's file system to the app's root, for good.
 *
 * Order:      root_switch_isolate() in a fresh mount namespace, root_switch_prepare(),
 *             API file systems, files of /etc, volumes, root_switch_make_read_only(),
 *             root_switch_enter().
 * Errors:     -errno, with err filled.  -EINVAL of root_switch_enter(): not the
 *             top of a mount, or mounts are still shared with the host.
 * Processes:  change the caller's own mount namespace; safe between clone() and exec().
 */
#pragma once

#include "common/base/error.h"
#include "common/mount/mount_tree.h"

/* Cuts (or, as slave, half cuts) all mounts of a fresh namespace off the host's. */
int root_switch_isolate(enum mount_tree_propagation propagation, struct error *err) MUST_CHECK;

/*
 * Makes a directory (O_PATH, of the caller's mount namespace) the top of a
 * private mount with attr, over itself; *ret_root, the caller's to close, is
 * what everything else is attached below.
 */
int root_switch_prepare(int rootfs_fd, const struct mount_tree_attr *attr, int *ret_root,
			struct error *err) MUST_CHECK;

/* The root itself and only it: /proc, /dev and volumes keep what they have. */
int root_switch_make_read_only(int root_fd, struct error *err) MUST_CHECK;

/*
 * The root becomes "/" and the working directory; the old one and all its mounts
 * are gone from the namespace.  fds to the old one that are still open lead there.
 */
int root_switch_enter(int root_fd, struct error *err) MUST_CHECK;
