/* SPDX-License-Identifier: Apache-2.0 */
/*
 * writable_disk.h - the disk of a pod that takes what its apps write outside of volumes.
 *
 *   POD/writable.ext4        0600; sparse, WRITABLE_DISK_BYTES large
 *
 * It holds what the guest has made of it, so it is never mounted by the host: `rkt start` hands it
 * to the next machine, `rkt export` to one that reads it (archive.h), gc removes it with the
 * pod's directory.  Its first content is that of the guest files, or that of a saved guest's disk.
 *
 * Lock:       who runs a machine with it holds an exclusive lock (flock) on it; the hypervisor
 *             inherits that, so it ends with the last of the two.
 * Sync:       not to the host's disk: it may be lost when the host goes down unexpectedly, as an
 *             overlay of the coreos level may.
 * Errors:     -ENOENT: the pod has none; -EBUSY: another machine has it; -EBADMSG: damaged guest
 *             files; else -errno.
 */
#pragma once

#include <stdint.h>

#include "common/base/error.h"

#define WRITABLE_DISK "writable.ext4" /* in the pod's directory */

/* The pod's disk as its apps have left it, for reading and writing. */
int writable_disk_open(int pod_fd, int *ret_fd, struct error *err) MUST_CHECK;

/* A new one, empty, in the place of any other. */
int writable_disk_make(int pod_fd, int *ret_fd, struct error *err) MUST_CHECK;

/* The same with the content of another file. */
int writable_disk_copy(int pod_fd, int from, int *ret_fd, struct error *err) MUST_CHECK;

/* Fills an empty file with the empty file system; pod_fd: where the guest files are. */
int writable_disk_format(int fd, int pod_fd, struct error *err) MUST_CHECK;

/* -ENOTSUP: the file system that it is on does not tell holes, so copies would be
 * WRITABLE_DISK_BYTES large. */
int writable_disk_check_holes(int fd, struct error *err) MUST_CHECK;

/* How much more the pod's disk may take: what the host has room for now, in bytes. */
int writable_disk_room(int pod_fd, uint64_t *ret_bytes, struct error *err) MUST_CHECK;
