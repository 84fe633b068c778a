/* SPDX-License-Identifier: Apache-2.0 */
/*
 * disk_block.h - the file "writable.blocks" of the stage1's image: an empty file system, as the
 * blocks of it that are not all zeros, one behind the other.
 *
 * It is ext4 with a journal of 4 MiB and no more metadata than it needs: some 50 blocks of a disk
 * of 64 GiB.  Made by the build, so that hosts need no mke2fs.
 */
#pragma once

#include <stdint.h>

#define DISK_BLOCK_BYTES    4096
#define WRITABLE_DISK_BYTES ((uint64_t)64 << 30)

struct disk_block {
	uint64_t offset; /* in the disk, in bytes; little-endian */
	unsigned char data[DISK_BLOCK_BYTES];
};
