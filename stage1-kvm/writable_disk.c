/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/writable_disk.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/base/text.h"
#include "stage1-kvm/guest_files.h"
#include "stage1-kvm/machine/disk_block.h"

/* The part of its free space that the host keeps when a pod writes all it can. */
#define HOST_SHARE       16

#define BLOCKS_MAX_BYTES ((size_t)16 << 20)

static int lock(int fd, struct error *err)
{
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return error_set(err, errno == EWOULDBLOCK ? EBUSY : errno,
				 "the pod's " WRITABLE_DISK ": %s",
				 errno == EWOULDBLOCK ? "another machine has it" : strerror(errno));
	return 0;
}

int writable_disk_open(int pod_fd, int *ret_fd, struct error *err)
{
	auto_close int fd = openat(pod_fd, WRITABLE_DISK, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_from_errno(err, "opening the pod's " WRITABLE_DISK);
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != WRITABLE_DISK_BYTES)
		return error_set(err, EBADMSG, "the pod's " WRITABLE_DISK ": its size is wrong");
	r = lock(fd, err);
	if (r == 0)
		*ret_fd = take_fd(&fd);
	return r;
}

static int create(int pod_fd, int *ret_fd, struct error *err)
{
	auto_close int fd = FD_NONE;
	int r;

	if (unlinkat(pod_fd, WRITABLE_DISK, 0) < 0 && errno != ENOENT)
		return error_from_errno(err, "removing the pod's last " WRITABLE_DISK);
	fd =
	    openat(pod_fd, WRITABLE_DISK, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return error_from_errno(err, "making the pod's " WRITABLE_DISK);
	r = lock(fd, err);
	if (r == 0)
		*ret_fd = take_fd(&fd);
	return r;
}

int writable_disk_make(int pod_fd, int *ret_fd, struct error *err)
{
	auto_close int fd = FD_NONE;
	int r = create(pod_fd, &fd, err);

	if (r == 0)
		r = writable_disk_format(fd, pod_fd, err);
	if (r == 0)
		*ret_fd = take_fd(&fd);
	return r;
}

static int write_blocks(int fd, const struct text *blocks)
{
	struct disk_block block;

	if (blocks->length == 0 || blocks->length % sizeof(block) != 0)
		return -EBADMSG;
	for (size_t at = 0; at < blocks->length; at += sizeof(block)) {
		memcpy(&block, blocks->data + at, sizeof(block));
		block.offset = le64toh(block.offset);
		if (block.offset > WRITABLE_DISK_BYTES - sizeof(block.data))
			return -EBADMSG;
		if (pwrite(fd, block.data, sizeof(block.data), (off_t)block.offset) !=
		    (ssize_t)sizeof(block.data))
			return errno != 0 ? -errno : -EIO;
	}
	return ftruncate(fd, (off_t)WRITABLE_DISK_BYTES) < 0 ? -errno : 0;
}

int writable_disk_format(int fd, int pod_fd, struct error *err)
{
	auto_text struct text blocks = { .cap = BLOCKS_MAX_BYTES };
	int r = file_read_at(pod_fd, GUEST_DISK, BLOCKS_MAX_BYTES, &blocks, err);

	if (r < 0)
		return r;
	r = write_blocks(fd, &blocks);
	return r < 0 ? error_set(err, -r, "making a disk of " GUEST_DISK ": %s", strerror(-r)) : 0;
}

/* All data between offset and end. */
static int copy_data(int from, int to, off_t offset, off_t end)
{
	off_t there = offset;

	while (offset < end) {
		ssize_t n = copy_file_range(from, &offset, to, &there, (size_t)(end - offset), 0);

		if (n <= 0)
			return n < 0 ? -errno : -EIO;
	}
	return 0;
}

static int copy_all(int from, int to)
{
	off_t offset = 0;
	int r = ftruncate(to, (off_t)WRITABLE_DISK_BYTES) < 0 ? -errno : 0;

	while (r == 0 && (offset = lseek(from, offset, SEEK_DATA)) >= 0) {
		off_t end = lseek(from, offset, SEEK_HOLE);

		r = end < 0 ? -errno : copy_data(from, to, offset, end);
		offset = end;
	}
	return r < 0 || errno == ENXIO ? r : -errno;
}

int writable_disk_copy(int pod_fd, int from, int *ret_fd, struct error *err)
{
	auto_close int fd = FD_NONE;
	int r = create(pod_fd, &fd, err);

	if (r < 0)
		return r;
	r = copy_all(from, fd);
	if (r < 0)
		return error_set(err, -r, "making the pod's " WRITABLE_DISK ": %s", strerror(-r));
	*ret_fd = take_fd(&fd);
	return 0;
}

int writable_disk_check_holes(int fd, struct error *err)
{
	off_t hole = lseek(fd, 0, SEEK_HOLE);

	if (hole < 0 || (uint64_t)hole >= WRITABLE_DISK_BYTES)
		return error_set(err, ENOTSUP, "the file system does not tell holes of files");
	return 0;
}

int writable_disk_room(int pod_fd, uint64_t *ret_bytes, struct error *err)
{
	struct statvfs host;
	uint64_t free_bytes;

	if (fstatvfs(pod_fd, &host) < 0)
		return error_from_errno(err, "looking for room for the pod's " WRITABLE_DISK);
	free_bytes = (uint64_t)host.f_bavail * host.f_frsize;
	*ret_bytes = free_bytes - free_bytes / HOST_SHARE;
	return 0;
}
