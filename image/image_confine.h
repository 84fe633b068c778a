/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image_confine.h - a cell for the process that unpacks an image.
 *
 * After it, the target directory is all the process can see: new mount, network, IPC
 * and UTS namespaces, the target (nosuid, nodev, noexec) as root, the capabilities of a file
 * copier only, no new privileges, limits, and a system call filter without exec, fork,
 * sockets, mounts or tracing.
 *
 * image_confine_reader() is what of that needs no root: no new privileges, limits and the filter.
 *
 * Use:       fork; open the archive and a pipe for the error first; then
 *            image_confine(), image_extract(archive, *ret_target, …), error_send(), _exit().
 * Process:   changes the calling process for good; single-threaded callers only.
 *            image_confine() needs root.  Nothing is mounted outside.
 * Ownership: *ret_target is the caller's: an fd of the new root.  Fds opened before stay
 *            open; close those that are not needed.
 * Errors:    -errno, the process is then half confined: exit.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/error.h"

struct image_confine_limits {
	uint64_t memory_bytes; /* RLIMIT_AS; 0: 1 GiB */
	uint64_t file_bytes;   /* RLIMIT_FSIZE; 0: 64 GiB */
	uint64_t cpu_seconds;  /* RLIMIT_CPU; 0: 3600 */
	bool allow_devices;    /* keep CAP_MKNOD */
	bool threads;          /* it may make threads; none may make processes */
	bool read_only; /* the target is a source: no writing, and CAP_DAC_READ_SEARCH only */
};

/* limits may be NULL: all defaults. */
int image_confine(int target_fd, const struct image_confine_limits *limits, int *ret_target,
		  struct error *err) MUST_CHECK;

/* For who is not root and only reads an archive that is open: not one file more. */
int image_confine_reader(struct error *err) MUST_CHECK;
