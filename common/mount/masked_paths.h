/* SPDX-License-Identifier: Apache-2.0 */
/*
 * masked_paths.h - parts of /proc and /sys that a confined app must not read or write.
 *
 * Hidden:     covered by an empty read-only directory or file of mode 0000, as in
 *             the original; both are ours, never the image's.
 * Read-only:  /proc/bus, fs, irq, sys, sysrq-trigger.
 * Absent:     names that this kernel does not have are skipped.
 * Errors:     -errno, with err naming the path.
 * Processes:  after api_file_systems_mount(), before the root switch; safe
 *             between clone() and exec().
 * Source:     SECURITY rule M14.
 */
#pragma once

#include "common/base/error.h"
#include "common/mount/api_file_systems.h"

int masked_paths_apply(const struct api_file_systems_made *made, struct error *err) MUST_CHECK;

/* The lists, NULL-terminated, for tests and reports: absolute paths, those of
 * directories to hide with a "/" at their end. */
extern const char *const masked_paths_hidden[];
extern const char *const masked_paths_read_only[];
