/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guest_files.h - the kernel and the root that a guest boots, the empty disk that its apps get, and
 * that they are undamaged.
 *
 * They lie in the stage1's image, in a tree that root alone can write to. What is looked for is
 * damage, by disks or by hand, before it becomes a guest that hangs or behaves oddly; whoever
 * could forge the files could forge this program, too. So a CRC does: that of cksum(1), as the
 * build has recorded it, with the size.
 *
 * Errors:     -EBADMSG: not what was built; err names the file and what differs.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"

#define GUEST_FILES     "stage1/rootfs/guest" /* below the pod's directory */
#define GUEST_KERNEL    GUEST_FILES "/vmlinux"
#define GUEST_ROOT      GUEST_FILES "/root.squashfs"
#define GUEST_DISK      GUEST_FILES "/writable.blocks" /* machine/disk_block.h */
#define GUEST_DIGESTS   GUEST_FILES "/digests" /* SHA-256 of all, by which a template is theirs */
#define GUEST_CHECKSUMS "checksums"            /* in it */

/* The CRC of cksum(1), POSIX. */
uint32_t guest_files_crc(const void *data, size_t length);

/* Compares all files, below the directory guest_files (not the pod's), with GUEST_CHECKSUMS. */
int guest_files_check(int guest_files, struct error *err) MUST_CHECK;
