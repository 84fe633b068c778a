/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pod_files.h - what stage0 writes into a pod's directory, in one go.
 *
 *   pod                          the pod manifest
 *   stage1/manifest              the stage1's image manifest
 *   stage1TreeStoreID            its tree; not with copies (no_overlay)
 *   appsinfo/APP/manifest, appsinfo/APP/treeStoreID (the latter not with copies)
 *   overlay-prepared             an empty file: the pod uses overlays
 *   pod-created                  an empty file; its mtime is the pod's creation time
 *   stage1/rootfs/               empty: the stage1 is mounted or copied there
 *   overlay/TREE/{upper,work}[/APP]     one pair for the stage1, one for each app
 *   pod.lck                      empty; locked by who changes `pod`
 *
 * The manifests of images are hard links into the store where that works: they
 * never change.
 *
 * Durability: none (run); prepare calls pod_sync() afterwards.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "stage0/pods/pod_life_cycle.h"
#include "stage0/store/store.h"

struct pod_image {
	const char *app; /* NULL: the stage1 */
	const struct store_image *image;
};

struct pod_files {
	const char *manifest; /* the pod manifest, JSON */
	size_t manifest_length;
	struct pod_image stage1;
	const struct pod_image *apps;
	size_t n_apps;
	bool no_overlay; /* copy the trees; then takes as long as their size */
};

int pod_files_write(const struct pod_dir *pod, const struct pod_files *files,
		    struct error *err) MUST_CHECK;
