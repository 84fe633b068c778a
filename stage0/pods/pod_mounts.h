/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pod_mounts.h - a pod's overlays, in the caller's private mount namespace.
 *
 * Nothing is ever mounted in the host's namespace: every caller enters one of
 * its own first (pod_mounts_enter()), and the kernel drops the mounts with the
 * last process in it.
 *
 * What a pod needs is read from its own files (stage1TreeStoreID,
 * appsinfo/APP/treeStoreID), so run, run-prepared and gc all call the same
 * function.  A pod prepared with --no-overlay has copies; there is nothing to
 * mount then and the functions do nothing.  How a stage1 gets its root: pod_files.h.
 *
 * Errors:     -ENOENT a tree is no longer in the store, -EINVAL a file of the
 *             pod says nonsense, else of the mount calls.
 */
#pragma once

#include "stage0/pods/pod_life_cycle.h"
#include "stage0/store/store.h"

/*
 * A private copy of the caller's mount namespace: mounts of the host still arrive,
 * none goes back.  To be called before store and pods are opened: a descriptor of
 * the old namespace cannot be mounted on, nor be a layer of an overlay.
 */
int pod_mounts_enter(struct error *err) MUST_CHECK;

/*
 * Mounts the stage1 at stage1/rootfs and each app of appsinfo/ at
 * stage1/rootfs/opt/stage2/APP/rootfs, writable.  Only for a pod that nobody
 * runs: run, run-prepared, and gc of an exited pod.
 */
int pod_mounts_make(const struct pod_dir *pod, const struct store *store,
		    struct error *err) MUST_CHECK;

/*
 * For a pod that runs elsewhere (stop): the stage1's tree, read-only, at
 * stage1/rootfs, and what the stage1 has written to its /rkt on top of it.
 */
int pod_mounts_view(const struct pod_dir *pod, const struct store *store,
		    struct error *err) MUST_CHECK;

/*
 * The root of an app of a pod that has ended, as it left it: a read-only overlay that is
 * mounted nowhere, or the pod's copy.  Nothing of the pod is touched.
 */
int pod_mounts_open_app(const struct pod_dir *pod, const struct store *store, const char *app,
			int *ret_root, struct error *err) MUST_CHECK;
