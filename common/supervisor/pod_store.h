/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pod_store.h - a small tmpfs of the pod's own, out of its apps' reach.
 *
 * It holds the files of /etc that are generated, and the place where the shared
 * memory of several apps is mounted.  On disk they would cost a good part of a
 * start: creating a file there is slow, and unmounting an overlay writes it out.
 *
 * Place:      store/ below the stage1's root, an empty directory of our images.
 * Processes:  in the pod's own mount namespace.
 */
#pragma once

#include "common/base/error.h"
#include "common/supervisor/pod_run.h"

/* Mounts it at stage1_root/store, when the pod has anything to put there. */
int pod_store_mount(const struct pod_run *run, const char *stage1_root,
		    struct error *err) MUST_CHECK;

/* Mounts the shared memory of a pod with several apps at stage1_root/store/shm. */
int pod_store_mount_shm(const char *stage1_root, struct error *err) MUST_CHECK;
