/* SPDX-License-Identifier: Apache-2.0 */
/*
 * user_mounts.h - a pod's files as its own users own them, in the caller's private
 * mount namespace.
 *
 * The images, shared by all pods, keep their owners on disk.  Each is covered by
 * an idmapped view of itself, in which id 0 on disk is the first id of the pod's
 * range; the overlays that pod_mounts_make() then builds show the same.  What
 * the pod writes belongs to its range on disk as well.  No file is copied or
 * chowned for it.
 *
 * Errors:     -errno, with err filled.  -EINVAL: the file system of the data
 *             directory, or the kernel (before 5.19 for overlays), cannot.
 */
#pragma once

#include "common/namespace/user_map.h"
#include "stage0/pods/pod_life_cycle.h"
#include "stage0/store/store.h"

/* To be called before pod_mounts_make(). */
int user_mounts_make(const struct pod_dir *pod, const struct store *store,
		     const struct user_map *users, struct error *err) MUST_CHECK;
