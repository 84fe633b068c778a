/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pod_directory.h - what stage0 left in the pod directory, read.
 *
 * Source:     the stage1 interface, version 6: `pod`, and for each app
 *             stage1/rootfs/opt/stage2/APP/manifest or appsinfo/APP/manifest.
 * Ownership:  everything belongs to the arena.
 * Errors:     -errno of opening and reading, -EINVAL (content), -EFBIG, -ENOMEM,
 *             with err naming the file.
 */
#pragma once

#include <stddef.h>

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/manifest/image_manifest.h"
#include "common/manifest/pod_manifest.h"

struct pod {
	struct pod_manifest manifest;
	const struct image_manifest *images; /* images[i] is that of manifest.apps[i] */
};

/* Reads the pod manifest only: list, status and gc need no more. */
int pod_load_manifest(int pod_fd, struct arena *arena, struct pod_manifest *ret,
		      struct error *err) MUST_CHECK;

/*
 * Reads the pod manifest and the image manifest of every app.  An app whose
 * image manifest is missing, or is of another image than the pod manifest
 * names, is an error: the directory was put together wrongly.
 */
int pod_load(int pod_fd, struct arena *arena, struct pod *ret, struct error *err) MUST_CHECK;
