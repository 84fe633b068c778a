/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each hostile archive is refused twice, with the same words: by image_check(), which only
 * reads, and by image_extract(), after which nothing outside the target has changed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "image/image_extract.h"
#include "tests/unit/image/made_tar.h"
#include "tests/unit/test.h"

/* A target inside /tmp, beside a file that must stay as it is. */
static int make_target(void)
{
	int tmp = made_directory();
	int outside = openat(tmp, "outside", O_WRONLY | O_CREAT, 0600);
	int dir;

	check_int((int)write(outside, "untouched", 9), 9);
	(void)close(outside);
	check_int(mkdirat(tmp, "target", 0700), 0);
	dir = openat(tmp, "target", O_RDONLY | O_DIRECTORY);
	(void)close(tmp);
	return dir;
}

static void check_outside(void)
{
	struct stat found;

	check_int(stat("/tmp/outside", &found), 0);
	check_int(found.st_size, 9);
	check_uint(found.st_nlink, 1);
	check_uint(found.st_mode & 07777, 0600);
	check_int(access("/tmp/escaped", F_OK), -1);
}

static void check_refused_with(struct text *tar, const struct image_extract_options *options,
			       int code, const char *why)
{
	struct image_facts facts = { .n_entries = 77 };
	struct error err = { 0 };
	int dir = make_target();

	made_tar_end(tar);
	check_int(image_check(made_tar_fd(tar), options, &facts, &err), code);
	check_contains(err.text, why);
	error_clear(&err);
	check_int(image_extract(made_tar_fd(tar), dir, options, &facts, &err), code);
	check_contains(err.text, why);
	check_uint(facts.n_entries, 77);
	check_outside();
}

static void check_refused(struct text *tar, const char *why)
{
	check_refused_with(tar, NULL, -EINVAL, why);
}

#define REFUSED(title, why, ...)                                                                   \
	TEST(title)                                                                                \
	{                                                                                          \
		auto_text struct text tar = { 0 };                                                 \
                                                                                                   \
		made_tar_start(&tar);                                                              \
		made_tar_add(&tar, __VA_ARGS__);                                                   \
		check_refused(&tar, why);                                                          \
	}

REFUSED(dots_in_a_name, "rootfs/../../escaped: has \"..\"", .name = "rootfs/../../escaped")
REFUSED(an_absolute_name, "/tmp/escaped: has an absolute name", .name = "/tmp/escaped")
REFUSED(a_file_beside_rootfs, "evil: is neither the manifest nor in rootfs", .name = "evil")
REFUSED(a_name_that_begins_like_rootfs, "rootfs2/x: is neither", .name = "rootfs2/x")
REFUSED(a_second_manifest, "manifest: is there twice", .name = "manifest", .data = "{}")
REFUSED(a_second_manifest_in_disguise, "./manifest: is there twice", .name = "./manifest")
REFUSED(a_second_rootfs, "rootfs/: is there twice", .name = "rootfs/", .type = '5')
REFUSED(a_symlink_for_rootfs, "rootfs: is not a directory", .name = "rootfs", .type = '2',
	.link = "/tmp")
REFUSED(a_symlink_for_the_manifest, "manifest: is not a regular file", .name = "manifest",
	.type = '2', .link = "/etc/shadow")
REFUSED(something_below_the_manifest, "is neither", .name = "manifest/x")
REFUSED(a_hard_link_with_dots, "hard link whose target", .name = "rootfs/x", .type = '1',
	.link = "rootfs/../../outside")
REFUSED(a_hard_link_to_an_absolute_name, "absolute", .name = "rootfs/x", .type = '1',
	.link = "/tmp/outside")
REFUSED(a_hard_link_to_the_manifest, "out of rootfs", .name = "rootfs/x", .type = '1',
	.link = "manifest")
REFUSED(a_hard_link_to_nothing, "not in the image before it", .name = "rootfs/x", .type = '1',
	.link = "rootfs/y")
REFUSED(a_hard_link_to_itself, "to itself", .name = "rootfs/x", .type = '1', .link = "rootfs//x")
REFUSED(a_hard_link_to_rootfs, "out of rootfs", .name = "rootfs/x", .type = '1', .link = "rootfs/")
REFUSED(a_hard_link_with_data, "has data but is no file", .name = "rootfs/x", .type = '1',
	.link = "rootfs/y", .data = "data")
REFUSED(a_symlink_to_nothing, "link to nothing", .name = "rootfs/x", .type = '2')
REFUSED(a_file_in_place_of_rootfs, "rootfs: is not a directory", .name = "rootfs")

TEST(a_rootfs_that_comes_first_as_a_symlink)
{
	auto_text struct text tar = { 0 };

	made_tar_add(&tar, .name = "rootfs", .type = '2', .link = "/tmp");
	made_tar_add(&tar, .name = "rootfs/escaped", .data = "x");
	check_refused(&tar, "rootfs: is not a directory");
}

TEST(a_file_through_a_symlink)
{
	auto_text struct text tar = { 0 };

	made_tar_start(&tar);
	made_tar_add(&tar, .name = "rootfs/up", .type = '2', .link = "/tmp");
	made_tar_add(&tar, .name = "rootfs/up/escaped", .data = "x");
	check_refused(&tar, "rootfs/up/escaped: leads through rootfs/up");
}

TEST(a_directory_made_into_a_symlink)
{
	auto_text struct text tar = { 0 };

	made_tar_start(&tar);
	made_tar_add(&tar, .name = "rootfs/d/", .type = '5', .mode = 0755);
	made_tar_add(&tar, .name = "rootfs/d", .type = '2', .link = "/tmp");
	made_tar_add(&tar, .name = "rootfs/d/escaped", .data = "x");
	check_refused(&tar, "rootfs/d: would replace a directory");
}

TEST(a_file_through_a_symlink_inside_the_image)
{
	auto_text struct text tar = { 0 };

	made_tar_start(&tar);
	made_tar_add(&tar, .name = "rootfs/usr/bin/", .type = '5', .mode = 0755);
	made_tar_add(&tar, .name = "rootfs/bin", .type = '2', .link = "usr/bin");
	made_tar_add(&tar, .name = "rootfs/bin/sh", .data = "x");
	check_refused(&tar, "leads through");
}

TEST(a_file_below_a_file)
{
	auto_text struct text tar = { 0 };

	made_tar_start(&tar);
	made_tar_add(&tar, .name = "rootfs/f", .data = "x");
	made_tar_add(&tar, .name = "rootfs/f/g", .data = "x");
	check_refused(&tar, "leads through");
}

TEST(a_symlink_is_replaced_never_written_through)
{
	auto_image_facts struct image_facts facts = { 0 };
	auto_text struct text tar = { 0 };
	struct error err = { 0 };
	struct stat found;
	int dir = make_target();

	made_tar_start(&tar);
	made_tar_add(&tar, .name = "rootfs/x", .type = '2', .link = "/tmp/outside");
	made_tar_add(&tar, .name = "rootfs/x", .data = "evil", .mode = 0777);
	made_tar_add(&tar, .name = "rootfs/y", .type = '2', .link = "/tmp/outside");
	made_tar_add(&tar, .name = "rootfs/y", .type = '6', .mode = 0777);
	made_tar_end(&tar);
	check_ok(image_extract(made_tar_fd(&tar), dir, NULL, &facts, &err), &err);
	check_int(fstatat(dir, "rootfs/x", &found, AT_SYMLINK_NOFOLLOW), 0);
	check_true(S_ISREG(found.st_mode));
	check_outside();
}

TEST(a_hard_link_to_a_symlink)
{
	auto_text struct text tar = { 0 };

	made_tar_start(&tar);
	made_tar_add(&tar, .name = "rootfs/s", .type = '2', .link = "/tmp/outside");
	made_tar_add(&tar, .name = "rootfs/x", .type = '1', .link = "rootfs/s");
	check_refused(&tar, "no regular file");
}

TEST(a_hard_link_to_a_directory)
{
	auto_text struct text tar = { 0 };

	made_tar_start(&tar);
	made_tar_add(&tar, .name = "rootfs/d/e", .data = "x");
	made_tar_add(&tar, .name = "rootfs/x", .type = '1', .link = "rootfs/d");
	check_refused(&tar, "no regular file");
}

TEST(a_hard_link_through_a_symlink)
{
	auto_text struct text tar = { 0 };

	made_tar_start(&tar);
	made_tar_add(&tar, .name = "rootfs/s", .type = '2', .link = "/tmp");
	made_tar_add(&tar, .name = "rootfs/x", .type = '1', .link = "rootfs/s/outside");
	check_refused(&tar, "not in the image before it");
}

TEST(device_nodes_where_they_are_not_allowed)
{
	static const char types[] = { '3', '4' };

	for (size_t i = 0; i < sizeof(types); i++) {
		auto_text struct text tar = { 0 };

		made_tar_start(&tar);
		made_tar_add(&tar, .name = "rootfs/sda", .type = types[i], .major = 8);
		check_refused_with(&tar, NULL, -EPERM, "rootfs/sda: is a device node");
	}
}

TEST(device_numbers_out_of_range)
{
	auto_text struct text tar = { 0 };

	made_tar_start(&tar);
	made_tar_add(&tar, .name = "rootfs/d", .type = '3', .major = 4096);
	check_refused_with(&tar, &(struct image_extract_options){ .allow_devices = true }, -EINVAL,
			   "device number out of range");
}

TEST(an_image_without_a_part)
{
	auto_text struct text no_manifest = { 0 };
	auto_text struct text no_rootfs = { 0 };

	made_tar_add(&no_manifest, .name = "rootfs/", .type = '5');
	check_refused(&no_manifest, "no manifest");
	made_tar_add(&no_rootfs, .name = "manifest", .data = "{}");
	check_refused(&no_rootfs, "no rootfs");
}

TEST(a_manifest_that_is_too_large)
{
	auto_free char *data = calloc(1, IMAGE_MANIFEST_MAX_BYTES + 1);
	auto_text struct text tar = { 0 };

	made_tar_add(&tar, .name = "manifest", .data = data,
		     .length = IMAGE_MANIFEST_MAX_BYTES + 1);
	check_refused_with(&tar, NULL, -EFBIG, "manifest: has more than 1048576 bytes");
}

TEST(too_many_entries)
{
	auto_text struct text tar = { 0 };

	made_tar_start(&tar);
	made_tar_add(&tar, .name = "rootfs/a");
	check_refused_with(&tar, &(struct image_extract_options){ .max_entries = 2 }, -EFBIG,
			   "more than 2 entries");
}

TEST(names_that_are_too_deep)
{
	auto_text struct text name = { 0 };
	auto_text struct text tar = { 0 };

	check_int(text_append(&name, "rootfs"), 0);
	for (int i = 0; i < 256; i++)
		check_int(text_append(&name, "/a"), 0);
	made_tar_start(&tar);
	made_tar_pax(&tar, "path", text_string(&name), NULL);
	made_tar_add(&tar, .name = "x");
	check_refused(&tar, "256 directories deep");
}

/* Every bit of a small image flipped: refused or extracted, never a crash, never outside. */
TEST(flipped_bits_do_no_harm)
{
	auto_text struct text tar = { 0 };
	unsigned n_refused = 0;

	made_tar_start(&tar);
	made_tar_pax(&tar, "path", "rootfs/long", "size", "5", NULL);
	made_tar_add(&tar, .name = "a", .data = "hello");
	made_tar_add(&tar, .name = "rootfs/l", .type = '1', .link = "rootfs/long");
	made_tar_end(&tar);
	for (size_t bit = 0; bit < tar.length * 8; bit++) {
		auto_image_facts struct image_facts facts = { 0 };
		struct error err = { 0 };
		auto_close int fd = FD_NONE;

		tar.data[bit / 8] = (char)(tar.data[bit / 8] ^ (1 << (bit % 8)));
		fd = made_tar_fd(&tar);
		if (image_check(fd, NULL, &facts, &err) < 0) {
			check_true(err.code != 0 && err.text[0] != '\0');
			n_refused++;
		}
		tar.data[bit / 8] = (char)(tar.data[bit / 8] ^ (1 << (bit % 8)));
	}
	/* All of the headers, but for what lies in the padding of data. */
	check_true(n_refused > 6 * 512 * 8);
}

TEST(an_image_cut_at_every_block_is_refused)
{
	auto_text struct text tar = { 0 };
	size_t whole;

	made_tar_start(&tar);
	made_tar_add(&tar, .name = "rootfs/a", .data = "hello");
	made_tar_end(&tar);
	whole = tar.length;
	for (size_t cut = 0; cut < whole; cut += 512) {
		auto_image_facts struct image_facts facts = { 0 };
		struct error err = { 0 };

		tar.length = cut;
		check_int(image_check(made_tar_fd(&tar), NULL, &facts, &err), -EINVAL);
	}
}
