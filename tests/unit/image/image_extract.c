/* SPDX-License-Identifier: Apache-2.0 */
#include "image/image_extract.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "tests/unit/image/made_tar.h"
#include "tests/unit/test.h"

static struct stat stat_of(int dir, const char *name)
{
	struct stat found = { 0 };

	ck_assert_msg(fstatat(dir, name, &found, AT_SYMLINK_NOFOLLOW) == 0, "%s", name);
	return found;
}

static void extract(struct text *tar, int dir, const struct image_extract_options *options)
{
	auto_image_facts struct image_facts facts = { 0 };
	struct error err = { 0 };

	made_tar_end(tar);
	check_ok(image_extract(made_tar_fd(tar), dir, options, &facts, &err), &err);
}

TEST(an_image_is_extracted_with_all_it_has)
{
	auto_text struct text tar = { 0 };
	int dir = made_directory();
	struct stat found;

	made_tar_start(&tar);
	made_tar_add(&tar, .name = "rootfs/ro/", .type = '5', .mode = 0555, .uid = 7);
	made_tar_add(&tar, .name = "rootfs/ro/su", .data = "binary", .mode = 04755, .uid = 5,
		     .gid = 6);
	made_tar_add(&tar, .name = "rootfs/link", .type = '2', .link = "/etc/shadow");
	made_tar_add(&tar, .name = "rootfs/second", .type = '1', .link = "rootfs/ro/su");
	made_tar_add(&tar, .name = "rootfs/fifo", .type = '6', .mode = 0600);
	made_tar_add(&tar, .name = "rootfs/null", .type = '3', .mode = 0666, .major = 1,
		     .minor = 3);
	extract(&tar, dir, &(struct image_extract_options){ .allow_devices = true });
	found = stat_of(dir, "rootfs/ro");
	check_uint(found.st_mode, S_IFDIR | 0555);
	check_uint(found.st_uid, 7);
	check_int(found.st_mtim.tv_sec, 1000000000);
	found = stat_of(dir, "rootfs/ro/su");
	check_uint(found.st_mode, S_IFREG | 04755);
	check_uint(found.st_gid, 6);
	check_uint(found.st_nlink, 2);
	check_int(found.st_size, 6);
	check_true(S_ISLNK(stat_of(dir, "rootfs/link").st_mode));
	check_uint(stat_of(dir, "rootfs/fifo").st_mode, S_IFIFO | 0600);
	found = stat_of(dir, "rootfs/null");
	check_uint(found.st_mode, S_IFCHR | 0666);
	check_true(found.st_rdev == makedev(1, 3));
	check_int(stat_of(dir, "manifest").st_size, 26);
}

TEST(the_facts_tell_what_there_was)
{
	auto_image_facts struct image_facts facts = { 0 };
	auto_image_facts struct image_facts checked = { 0 };
	auto_text struct text tar = { 0 };
	int dir = made_directory();
	struct error err = { 0 };

	made_tar_start(&tar);
	made_tar_pax(&tar, "SCHILY.xattr.security.selinux", "x", NULL);
	made_tar_add(&tar, .name = "rootfs/a", .data = "hello");
	made_tar_end(&tar);
	check_ok(image_extract(made_tar_packed(&tar, "gzip"), dir, NULL, &facts, &err), &err);
	check_text(facts.manifest, "{\"acKind\":\"ImageManifest\"}");
	check_uint(facts.manifest_length, 26);
	check_uint(facts.unpacked_bytes, tar.length);
	check_uint(facts.content_bytes, 5);
	check_uint(facts.n_entries, 3);
	check_uint(facts.n_dropped_xattrs, 1);
	check_int(facts.compression, IMAGE_COMPRESSION_GZIP);
	check_ok(image_check(made_tar_fd(&tar), NULL, &checked, &err), &err);
	check_text(checked.id.text, facts.id.text);
	check_uint(checked.n_dropped_xattrs, 1);
}

TEST(only_the_manifest_is_read_where_only_it_is_asked_for)
{
	auto_text struct text tar = { 0 };
	auto_free char *manifest = NULL;
	struct error err = { 0 };
	size_t length = 0;

	made_tar_start(&tar);
	made_tar_add(&tar, .name = "/damaged");
	check_ok(image_read_manifest(made_tar_fd(&tar), &manifest, &length, &err), &err);
	check_text(manifest, "{\"acKind\":\"ImageManifest\"}");
	check_uint(length, 26);
}

TEST(a_later_entry_wins)
{
	auto_text struct text tar = { 0 };
	int dir = made_directory();

	made_tar_start(&tar);
	made_tar_add(&tar, .name = "rootfs/a", .data = "first");
	made_tar_add(&tar, .name = "rootfs/b", .type = '1', .link = "rootfs/a");
	made_tar_add(&tar, .name = "rootfs/a", .data = "other one");
	made_tar_add(&tar, .name = "rootfs/l", .type = '2', .link = "a");
	made_tar_add(&tar, .name = "rootfs/l", .data = "file");
	made_tar_add(&tar, .name = "rootfs/d/", .type = '5', .mode = 0700);
	made_tar_add(&tar, .name = "rootfs/d/x", .data = "x");
	made_tar_add(&tar, .name = "rootfs/d/", .type = '5', .mode = 0711);
	extract(&tar, dir, NULL);
	check_int(stat_of(dir, "rootfs/a").st_size, 9);
	check_int(stat_of(dir, "rootfs/b").st_size, 5);
	check_int(stat_of(dir, "rootfs/l").st_size, 4);
	check_uint(stat_of(dir, "rootfs/d").st_mode & 07777, 0711);
	check_int(stat_of(dir, "rootfs/d/x").st_size, 1);
}

TEST(parents_that_the_archive_left_out_are_made)
{
	auto_text struct text tar = { 0 };
	int dir = made_directory();

	(void)umask(077);
	made_tar_add(&tar, .name = "rootfs/a/b/c", .data = "x");
	made_tar_start(&tar);
	extract(&tar, dir, NULL);
	check_uint(stat_of(dir, "rootfs/a/b").st_mode & 07777, 0755);
	check_uint(stat_of(dir, "rootfs/a/b/c").st_mode & 07777, 0644);
}

TEST(zeros_become_holes_and_stay_zeros)
{
	size_t length = (2 << 20) + 100;
	auto_free char *data = calloc(1, length);
	auto_free char *read_back = malloc(length);
	auto_text struct text tar = { 0 };
	int dir = made_directory();
	auto_close int fd = FD_NONE;
	struct stat found;

	data[1 << 20] = 'x';
	data[100] = 'y';
	made_tar_start(&tar);
	made_tar_add(&tar, .name = "rootfs/sparse", .data = data, .length = length);
	made_tar_add(&tar, .name = "rootfs/zeros", .data = data + 4096, .length = 65536);
	extract(&tar, dir, NULL);
	found = stat_of(dir, "rootfs/sparse");
	check_int(found.st_size, (long)length);
	check_true(found.st_blocks < 64);
	check_int(stat_of(dir, "rootfs/zeros").st_size, 65536);
	fd = openat(dir, "rootfs/sparse", O_RDONLY);
	check_int((int)read(fd, read_back, length), (int)length);
	check_true(memcmp(read_back, data, length) == 0);
}

TEST(kept_xattrs_are_set)
{
	static const char capability[20] = { 1, 0, 0, 2, 0, 4 };
	auto_text struct text records = { 0 };
	auto_text struct text tar = { 0 };
	int dir = made_directory();
	char value[64];
	int fd;

	check_int(text_append(&records, "52 SCHILY.xattr.security.capability="), 0);
	records.length = 0;
	check_int(text_printf(&records, "%zu SCHILY.xattr.security.capability=",
			      (size_t)3 + 33 + sizeof(capability) + 1),
		  0);
	check_int(text_append_bytes(&records, capability, sizeof(capability)), 0);
	check_int(text_append_char(&records, '\n'), 0);
	made_tar_start(&tar);
	made_tar_pax_raw(&tar, records.data, records.length);
	made_tar_add(&tar, .name = "rootfs/ping", .data = "x", .mode = 0755, .uid = 3);
	extract(&tar, dir, NULL);
	fd = openat(dir, "rootfs/ping", O_RDONLY);
	check_int((int)fgetxattr(fd, "security.capability", value, sizeof(value)), 20);
	check_true(memcmp(value, capability, 20) == 0);
}

TEST(a_target_with_something_in_it_is_refused)
{
	auto_image_facts struct image_facts facts = { 0 };
	auto_text struct text tar = { 0 };
	int dir = made_directory();
	struct error err = { 0 };

	check_int(mkdirat(dir, "x", 0700), 0);
	made_tar_start(&tar);
	made_tar_end(&tar);
	check_int(image_extract(made_tar_fd(&tar), dir, NULL, &facts, &err), -ENOTEMPTY);
}
