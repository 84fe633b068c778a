/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_disk.h - a tree as a read-only disk, for a stage1 that starts virtual machines.
 *
 *   tree/deps-ID/disk.erofs          the whole of rootfs/: owners, modes, times,
 *                                    devices, hard links, xattrs; not compressed
 *   tree/deps-ID/.disk.new           one on its way; its maker holds its lock
 *
 * Made once, when it is first asked for, by mkfs.erofs(1) as a child; it goes with its tree.
 * One maker at a time, who waits finds the result.  The lock is the child's, too: if we are
 * killed so is it, and what it left is written over by the next one.
 *
 * Not compressed, because the guest would have to decompress: without hardware
 * virtualization that costs more than reading, see docs/PERFORMANCE.md.
 *
 * Errors:     -errno, err filled.  -ENOENT: there is no mkfs.erofs; -ENOSPC above all;
 *             nothing is left behind.
 * Processes:  any number at a time; the tree must be locked (struct store_image) or a pod's.
 */
#pragma once

#include "stage0/store/store.h"

#define STORE_DISK_FORMAT "erofs"

/* The disk, open for reading only. */
int store_disk_open(const struct store *store, const char *tree_id, int *ret_fd,
		    struct error *err) MUST_CHECK;

/* The same with the program given, for tests. */
int store_disk_open_by(const struct store *store, const char *tree_id, const char *program,
		       int *ret_fd, struct error *err) MUST_CHECK;

/*
 * Whether the disk is still what mkfs.erofs makes of the tree, which makes it once more: 1,
 * or 0; 1 when there is none.
 */
int store_disk_is_good(const struct store *store, const char *tree_id,
		       struct error *err) MUST_CHECK;

/* A hard link of the disk as name below dir_fd; one that is there is replaced.  -EXDEV. */
int store_disk_link(const struct store *store, const char *tree_id, int dir_fd, const char *name,
		    struct error *err) MUST_CHECK;
