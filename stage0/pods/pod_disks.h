/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pod_disks.h - the images of a pod as disks, for stage1s that start virtual machines.
 *
 * An optional part of what stage0 offers to a stage1: when the stage1's manifest has the
 * annotation, each app's image is in the pod directory as the file
 *
 *   appsinfo/APP/image.erofs         0400, never changed by anybody
 *
 * in addition to the mounted opt/stage2/APP/rootfs.  It is a hard link of the store's, made by
 * the first pod that needs it.  A stage1 must work without: another stage0 does not know the
 * annotation, and this one needs mkfs.erofs and a store on the pods' file system.
 *
 * Errors:     -ENOENT: no mkfs.erofs; -EXDEV: the store is on another file system; else of
 *             making the disk.  err names the app.
 */
#pragma once

#include "common/manifest/image_manifest.h"
#include "stage0/pods/pod_life_cycle.h"
#include "stage0/store/store.h"

#define POD_DISK_ANNOTATION "coreos.com/rkt/stage1/image-disk" /* its value: the format */
#define POD_DISK            "image.erofs"

bool pod_disks_are_wanted(const struct image_manifest *stage1);

/* Of a pod without overlays (--no-overlay) none is put: its apps have no tree in the store. */
int pod_disks_put(const struct pod_dir *pod, const struct store *store,
		  struct error *err) MUST_CHECK;
