/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/guest_files.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "tests/unit/test.h"

struct place {
	char path[32];
	int dir;
};

static void place_end(struct place *place)
{
	(void)close(place->dir);
}

static void put(const struct place *place, const char *name, const char *content)
{
	auto_close int fd =
	    openat(place->dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	check_true(fd >= 0);
	check_int(write(fd, content, strlen(content)), (ssize_t)strlen(content));
}

/* What `printf 123456789 | cksum` and `printf "the root of a guest\n" | cksum` say. */
#define KERNEL_LINE "930766865 9 vmlinux\n"
#define ROOT_LINE   ROOT_SUM " 20 root.squashfs\n"
#define ROOT_SUM    "317931921"
#define DISK_LINE   "3076352578 4 writable.blocks\n" /* as of `printf test | cksum` */

static void begin(struct place *place)
{
	(void)snprintf(place->path, sizeof(place->path), "/tmp/rkt-guest-XXXXXX");
	test_make_directory(place->path);
	place->dir = open(place->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	put(place, "vmlinux", "123456789");
	put(place, "root.squashfs", "the root of a guest\n");
	put(place, "writable.blocks", "test");
	put(place, "checksums", KERNEL_LINE ROOT_LINE DISK_LINE);
}

static void refused(const struct place *place, int code, const char *why)
{
	struct error err = { 0 };

	check_int(guest_files_check(place->dir, &err), -code);
	check_contains(err.text, why);
}

TEST(the_checksum_is_that_of_cksum)
{
	check_uint(guest_files_crc("", 0), 4294967295U);
	check_uint(guest_files_crc("123456789", 9), 930766865U);
}

TEST(whole_files_are_accepted)
{
	CLEANUP(place_end) struct place place;
	struct error err = { 0 };

	begin(&place);
	check_ok(guest_files_check(place.dir, &err), &err);
}

TEST(a_changed_byte_is_found)
{
	CLEANUP(place_end) struct place place;

	begin(&place);
	put(&place, "vmlinux", "123456788");
	refused(&place, EBADMSG, "guest/vmlinux is damaged: its checksum is wrong");
}

TEST(a_shorter_file_is_found)
{
	CLEANUP(place_end) struct place place;

	begin(&place);
	put(&place, "root.squashfs", "the root of a guest");
	refused(&place, EBADMSG, "guest/root.squashfs is damaged: its size is wrong");
}

TEST(a_missing_file_is_found)
{
	CLEANUP(place_end) struct place place;

	begin(&place);
	check_int(unlinkat(place.dir, "root.squashfs", 0), 0);
	refused(&place, ENOENT, "opening the stage1's guest/root.squashfs");
	check_int(unlinkat(place.dir, "checksums", 0), 0);
	refused(&place, ENOENT, "checksums");
}

TEST(damaged_checksums_are_found)
{
	static const char *const bad[] = { "",
					   KERNEL_LINE,
					   KERNEL_LINE ROOT_LINE,
					   "x 9 vmlinux\n" ROOT_LINE DISK_LINE,
					   "930766865 9 ../vmlinux\n" ROOT_LINE,
					   "930766865  9 vmlinux\n" ROOT_LINE,
					   "930766865 9 vmlinux",
					   KERNEL_LINE ROOT_LINE ROOT_LINE ROOT_LINE,
					   "930766865 0 vmlinux\n" ROOT_LINE };
	CLEANUP(place_end) struct place place;

	begin(&place);
	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
		put(&place, "checksums", bad[i]);
		refused(&place, EBADMSG, "damaged");
	}
}
