/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pod_files.h - what stage0 writes into a pod's directory, in one go.
 *
 *   pod                    the pod manifest
 *   pod-created            an empty file; its mtime is the pod's creation time
 *   stage1/manifest        the stage1's image manifest
 *   stage1/rootfs/         the stage1 is mounted or copied there
 *   stage1TreeStoreID      the stage1's tree; not with copies
 *   appsinfo/APP/manifest, appsinfo/APP/treeStoreID (the latter not with copies)
 *   appsinfo/APP/{upper,work}     layers of the app's overlay; not with copies
 *
 * and, depending on how the stage1 gets its root:
 *
 *   POD_STAGE1_READ_ONLY   stage1/rootfs/rkt/        below the read-only stage1: its results
 *                          appsinfo/APP/rootfs/      the app is mounted there: appsinfo becomes
 *                                                    the stage1's opt/stage2
 *   POD_STAGE1_OVERLAY     overlay/TREE/{upper,work} layers of the stage1's overlay, with
 *                          opt/stage2/APP/{manifest,rootfs/} in upper
 *   POD_STAGE1_COPY        stage1/rootfs/… and opt/stage2/APP/rootfs/… in it: whole copies
 *
 * Why three: making a directory is the most expensive thing here (30 µs on ext4),
 * an overlay costs six and a mount.  A stage1 that needs nothing of its own
 * root to be writable but /rkt says so in its manifest, and its pods start
 * half a millisecond sooner.
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

/*
 * An annotation of a stage1's image: "true" says that it writes nothing below its
 * root but /rkt.  Its image must have the empty directories /rkt and /opt/stage2.
 */
#define POD_STAGE1_READ_ONLY_ANNOTATION "coreos.com/rkt/stage1/read-only"

enum pod_stage1_root {
	POD_STAGE1_OVERLAY,   /* any stage1 */
	POD_STAGE1_READ_ONLY, /* one with the annotation; without those directories: as above */
	POD_STAGE1_COPY,      /* --no-overlay; takes as long as the trees are large */
};

struct pod_image {
	const char *app; /* NULL: the stage1 */
	const struct store_image *image;
};

struct pod_files {
	const char *manifest; /* the pod manifest, JSON */
	size_t manifest_length;
	struct pod_image stage1;
	enum pod_stage1_root stage1_root;
	const struct pod_image *apps;
	size_t n_apps;
};

int pod_files_write(const struct pod_dir *pod, const struct pod_files *files,
		    struct error *err) MUST_CHECK;
