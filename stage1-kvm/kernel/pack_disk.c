/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pack-disk - what is in a file of a disk, without the zeros: for writable_disk.c.
 *
 * Usage: pack-disk DISK OUTPUT.  Format: stage1-kvm/machine/disk_block.h.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "stage1-kvm/machine/disk_block.h"

static bool is_zero(const unsigned char *data, size_t length)
{
	return data[0] == 0 && memcmp(data, data + 1, length - 1) == 0;
}

/* From offset to the next hole. */
static int pack_data(int disk, off_t *offset, int output)
{
	struct disk_block block;
	off_t end = lseek(disk, *offset, SEEK_HOLE);

	*offset -= *offset % DISK_BLOCK_BYTES;
	for (; *offset < end; *offset += DISK_BLOCK_BYTES) {
		int r;

		if (pread(disk, block.data, sizeof(block.data), *offset) != sizeof(block.data))
			return errno != 0 ? -errno : -EIO;
		if (is_zero(block.data, sizeof(block.data)))
			continue;
		block.offset = htole64((uint64_t)*offset);
		r = file_write_fd(output, (const char *)&block, sizeof(block));
		if (r < 0)
			return r;
	}
	return end < 0 ? -errno : 0;
}

static int pack(int disk, int output)
{
	off_t offset = 0;
	int r = 0;

	while (r == 0 && (offset = lseek(disk, offset, SEEK_DATA)) >= 0)
		r = pack_data(disk, &offset, output);
	return r < 0 || errno == ENXIO ? r : -errno;
}

int main(int argc, char *argv[])
{
	auto_close int disk = argc == 3 ? open(argv[1], O_RDONLY | O_CLOEXEC) : FD_NONE;
	auto_close int output =
	    argc == 3 ? open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644) : FD_NONE;
	int r;

	if (disk < 0 || output < 0) {
		(void)fputs("usage: pack-disk DISK OUTPUT\n", stderr);
		return 1;
	}
	r = pack(disk, output);
	if (r < 0)
		(void)fprintf(stderr, "pack-disk: %s: %s\n", argv[1], strerror(-r));
	return r < 0;
}
