/* SPDX-License-Identifier: Apache-2.0 */
/*
 * build_source.h - where `aci build` finds the manifest and the rootfs.
 */
#pragma once

#include <stdint.h>

#include "common/base/cleanup.h"
#include "common/base/error.h"
#include "common/base/text.h"

struct build_source {
	int rootfs_fd;
	struct text manifest;
};

#define BUILD_SOURCE_NONE                                                                          \
	{                                                                                          \
		.rootfs_fd = FD_NONE                                                               \
	}
#define auto_build_source CLEANUP(build_source_release)

/*
 * Without a manifest file: directory holds `manifest` and `rootfs/`, nothing else.  With one:
 * directory is the rootfs itself; but when it holds `rootfs/` and at most a
 * `manifest` beside it, it is such a layout, and the file replaces its manifest.
 * The manifest is read and validated.
 */
int build_source_open(const char *directory, const char *manifest_file, struct build_source *ret,
		      struct error *err) MUST_CHECK;

void build_source_release(struct build_source *source);

/* The bytes of all regular files below a directory, for the progress bar: each hard link counts. */
uint64_t build_source_bytes(int rootfs_fd);
