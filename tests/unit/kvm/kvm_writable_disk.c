/* SPDX-License-Identifier: Apache-2.0 */
/* The disk that takes what apps of a machine write: made, copied, locked, as large as there is
 * room. */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "stage1-kvm/machine/disk_block.h"
#include "stage1-kvm/writable_disk.h"
#include "tests/unit/test.h"

#define BLOCKS   "stage1/rootfs/guest/writable.blocks"

#define LAST_OFF (WRITABLE_DISK_BYTES - DISK_BLOCK_BYTES)

static int make_pod(void)
{
	char path[] = "/tmp/rkt-disk-XXXXXX";
	struct error err = { 0 };
	int pod;

	test_make_directory(path);
	pod = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check_ok(file_make_directories(pod, "stage1/rootfs/guest", 0755, &err), &err);
	return pod;
}

static void add_block(int pod, uint64_t offset, char byte)
{
	auto_close int fd = openat(pod, BLOCKS, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	struct disk_block block = { .offset = htole64(offset) };

	memset(block.data, byte, sizeof(block.data));
	check_int(write(fd, &block, sizeof(block)), (ssize_t)sizeof(block));
}

static void check_byte(int fd, uint64_t offset, char wanted)
{
	char byte = 'z';

	check_int(pread(fd, &byte, 1, (off_t)offset), 1);
	check_int(byte, wanted);
}

static void check_disk(int fd)
{
	struct stat st;

	check_int(fstat(fd, &st), 0);
	check_uint((uint64_t)st.st_size, WRITABLE_DISK_BYTES);
	check_true(st.st_blocks < 1024);
	check_uint(st.st_mode & 07777, 0600);
	check_byte(fd, 4096, 'a');
	check_byte(fd, 8192, '\0');
	check_byte(fd, LAST_OFF, 'b');
}

TEST(a_disk_has_the_blocks_of_the_guest_files)
{
	auto_close int pod = make_pod();
	auto_close int fd = FD_NONE;
	struct error err = { 0 };

	add_block(pod, 4096, 'a');
	add_block(pod, LAST_OFF, 'b');
	check_ok(writable_disk_make(pod, &fd, &err), &err);
	check_disk(fd);
	check_ok(writable_disk_check_holes(fd, &err), &err);
}

TEST(a_copy_has_what_the_other_has)
{
	auto_close int pod = make_pod();
	auto_close int from = FD_NONE, fd = FD_NONE;
	struct error err = { 0 };

	add_block(pod, 4096, 'a');
	add_block(pod, LAST_OFF, 'b');
	check_ok(writable_disk_make(pod, &from, &err), &err);
	check_ok(writable_disk_copy(pod, from, &fd, &err), &err);
	check_disk(fd);
	check_int(pwrite(fd, "x", 1, 4096), 1);
	check_byte(from, 4096, 'a');
}

TEST(a_disk_is_of_one_machine_at_a_time)
{
	auto_close int pod = make_pod();
	auto_close int fd = FD_NONE, again = FD_NONE;
	struct error err = { 0 };

	check_int(writable_disk_open(pod, &again, &err), -ENOENT);
	error_clear(&err);
	add_block(pod, 4096, 'a');
	add_block(pod, LAST_OFF, 'b');
	check_ok(writable_disk_make(pod, &fd, &err), &err);
	check_int(pwrite(fd, "x", 1, 8192 * 3), 1);
	check_int(writable_disk_open(pod, &again, &err), -EBUSY);
	check_contains(err.text, "another machine has it");
	error_clear(&err);
	cleanup_close(&fd);
	check_ok(writable_disk_open(pod, &again, &err), &err);
	check_disk(again);
	check_byte(again, 8192 * 3, 'x');
}

static void check_bad(int pod)
{
	auto_close int fd = FD_NONE;
	struct error err = { 0 };

	check_int(writable_disk_make(pod, &fd, &err), -EBADMSG);
	check_contains(err.text, "writable.blocks");
}

TEST(damaged_blocks_are_no_disk)
{
	auto_close int pod = make_pod();
	auto_close int blocks = openat(pod, BLOCKS, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	check_bad(pod);
	add_block(pod, WRITABLE_DISK_BYTES, 'a');
	check_bad(pod);
	check_int(ftruncate(blocks, 0), 0);
	add_block(pod, 4096, 'a');
	check_int(ftruncate(blocks, 4100), 0);
	check_bad(pod);
}

TEST(a_disk_of_another_size_is_not_used)
{
	auto_close int pod = make_pod();
	auto_close int disk = openat(pod, WRITABLE_DISK, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	auto_close int fd = FD_NONE;
	struct error err = { 0 };

	check_true(disk >= 0);
	check_int(writable_disk_open(pod, &fd, &err), -EBADMSG);
	check_int(symlinkat("elsewhere", pod, "link"), 0);
	check_int(renameat(pod, "link", pod, WRITABLE_DISK), 0);
	error_clear(&err);
	check_int(writable_disk_open(pod, &fd, &err), -ELOOP);
}

TEST(no_more_may_be_written_than_the_host_has_room_for)
{
	auto_close int pod = FD_NONE;
	auto_close int fd = FD_NONE;
	struct error err = { 0 };
	uint64_t room = 0;

	test_enter_mount_namespace();
	check_int(mount("small", "/tmp", "tmpfs", 0, "size=96m,mode=0700"), 0);
	pod = make_pod();
	check_ok(writable_disk_room(pod, &room, &err), &err);
	/* Of 96 MiB, less the directories, six are the host's. */
	check_true(room > (uint64_t)89 << 20 && room <= (uint64_t)90 << 20);
	fd = openat(pod, "large", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	check_int(posix_fallocate(fd, 0, 80 << 20), 0);
	check_ok(writable_disk_room(pod, &room, &err), &err);
	check_true(room <= (uint64_t)15 << 20);
}
