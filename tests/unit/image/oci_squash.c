/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layers upon layers: what is left, and what is refused.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "image/layer_apply.h"
#include "tests/unit/image/made_tar.h"
#include "tests/unit/test.h"

struct squash {
	int dir, root;
	struct squash_tree tree;
	struct layer_counts counts;
	uint32_t max_entries;
};

static void release_squash(struct squash *squash)
{
	squash_tree_release(&squash->tree);
	(void)close(squash->root);
	(void)close(squash->dir);
}

#define auto_squash CLEANUP(release_squash)

static struct squash begin(void)
{
	struct squash squash = { .max_entries = 1000 };
	struct error err = { 0 };
	int outside;

	squash.dir = made_directory();
	outside = openat(squash.dir, "outside", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	check_int((int)write(outside, "untouched", 9), 9);
	(void)close(outside);
	check_int(mkdirat(squash.dir, "root", 0755), 0);
	squash.root = openat(squash.dir, "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check_ok(squash_tree_begin(&squash.tree, squash.root, &err), &err);
	return squash;
}

/* The frames of one layer in a file: what a pipe would give. */
static int framed(const struct text *tar)
{
	int fd = memfd_create("layer", MFD_CLOEXEC);

	for (size_t at = 0; at < tar->length; at += LAYER_FRAME_BYTES) {
		size_t n = tar->length - at;

		check_int(layer_stream_write(fd, FRAME_DATA, tar->data + at,
					     n < LAYER_FRAME_BYTES ? n : LAYER_FRAME_BYTES),
			  0);
	}
	check_int(layer_stream_write(fd, FRAME_LAYER_END, NULL, 0), 0);
	check_int((int)lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static int apply_as(struct squash *squash, struct text *tar, struct error *err)
{
	struct layer_stream stream = { .fd = -1 };
	const struct layer layer = { .stream = &stream,
				     .max_entries = squash->max_entries,
				     .max_bytes = 1 << 20 };
	int r;

	made_tar_end(tar);
	stream.fd = framed(tar);
	r = layer_apply(&squash->tree, &layer, &squash->counts, err);
	(void)close(stream.fd);
	text_reset(tar);
	return r;
}

static void apply(struct squash *squash, struct text *tar)
{
	struct error err = { 0 };

	check_ok(apply_as(squash, tar, &err), &err);
}

static void check_refused(struct squash *squash, struct text *tar, int code, const char *why)
{
	struct error err = { 0 };
	struct stat found;

	check_int(apply_as(squash, tar, &err), code);
	check_contains(err.text, why);
	check_int(fstatat(squash->dir, "outside", &found, AT_SYMLINK_NOFOLLOW), 0);
	check_int(found.st_size, 9);
	check_uint(found.st_nlink, 1);
	check_int(faccessat(squash->dir, "escaped", F_OK, AT_SYMLINK_NOFOLLOW), -1);
}

static struct stat stat_of(const struct squash *squash, const char *name)
{
	struct stat found;

	ck_assert_msg(fstatat(squash->root, name, &found, AT_SYMLINK_NOFOLLOW) == 0,
		      "%s is not there", name);
	return found;
}

static bool is_there(const struct squash *squash, const char *name)
{
	return faccessat(squash->root, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void check_content(const struct squash *squash, const char *name, const char *want)
{
	auto_text struct text text = { 0 };
	struct error err = { 0 };

	check_ok(file_read_at(squash->root, name, 4096, &text, &err), &err);
	check_text(text_string(&text), want);
}

TEST(the_last_layer_wins)
{
	auto_squash struct squash squash = begin();
	auto_text struct text tar = { 0 };

	made_tar_add(&tar, .name = "a/", .type = '5', .mode = 0700, .uid = 1);
	made_tar_add(&tar, .name = "a/same", .data = "lower", .mode = 0600);
	made_tar_add(&tar, .name = "a/lower", .data = "lower");
	apply(&squash, &tar);
	made_tar_add(&tar, .name = "a/", .type = '5', .mode = 0755, .uid = 2);
	made_tar_add(&tar, .name = "a/same", .data = "upper", .mode = 0640);
	apply(&squash, &tar);
	check_content(&squash, "a/same", "upper");
	check_content(&squash, "a/lower", "lower");
	check_uint(stat_of(&squash, "a/same").st_mode, S_IFREG | 0640);
	check_uint(stat_of(&squash, "a").st_mode, S_IFDIR | 0755);
	check_uint(stat_of(&squash, "a").st_uid, 2);
}

TEST(files_replace_directories_and_the_reverse)
{
	auto_squash struct squash squash = begin();
	auto_text struct text tar = { 0 };

	made_tar_add(&tar, .name = "d/", .type = '5', .mode = 0755);
	made_tar_add(&tar, .name = "d/e/", .type = '5', .mode = 0755);
	made_tar_add(&tar, .name = "d/e/f", .data = "x");
	made_tar_add(&tar, .name = "f", .data = "x");
	made_tar_add(&tar, .name = "l", .type = '2', .link = "d");
	apply(&squash, &tar);
	made_tar_add(&tar, .name = "d", .data = "file");
	made_tar_add(&tar, .name = "f/", .type = '5', .mode = 0755);
	made_tar_add(&tar, .name = "f/x", .data = "in");
	made_tar_add(&tar, .name = "l/", .type = '5', .mode = 0755);
	apply(&squash, &tar);
	check_content(&squash, "d", "file");
	check_content(&squash, "f/x", "in");
	check_uint(stat_of(&squash, "l").st_mode, S_IFDIR | 0755);
}

TEST(a_whiteout_takes_away_what_lower_layers_have)
{
	auto_squash struct squash squash = begin();
	auto_text struct text tar = { 0 };

	made_tar_add(&tar, .name = "a/", .type = '5', .mode = 0755);
	made_tar_add(&tar, .name = "a/gone", .data = "x");
	made_tar_add(&tar, .name = "a/stays", .data = "x");
	made_tar_add(&tar, .name = "dir/", .type = '5', .mode = 0755);
	made_tar_add(&tar, .name = "dir/deep/", .type = '5', .mode = 0755);
	made_tar_add(&tar, .name = "dir/deep/x", .data = "x");
	apply(&squash, &tar);
	made_tar_add(&tar, .name = "a/.wh.gone");
	made_tar_add(&tar, .name = ".wh.dir");
	made_tar_add(&tar, .name = "no/such/.wh.place");
	made_tar_add(&tar, .name = ".wh.never-was");
	apply(&squash, &tar);
	check_true(!is_there(&squash, "a/gone"));
	check_true(is_there(&squash, "a/stays"));
	check_true(!is_there(&squash, "dir"));
	check_true(!is_there(&squash, "no"));
	check_true(!is_there(&squash, "a/.wh.gone"));
}

TEST(a_whiteout_spares_what_its_own_layer_has_in_any_order)
{
	auto_squash struct squash squash = begin();
	auto_text struct text tar = { 0 };

	made_tar_add(&tar, .name = "first", .data = "lower");
	made_tar_add(&tar, .name = "second", .data = "lower");
	made_tar_add(&tar, .name = "d/", .type = '5', .mode = 0755);
	made_tar_add(&tar, .name = "d/old", .data = "lower");
	apply(&squash, &tar);
	made_tar_add(&tar, .name = "first", .data = "upper");
	made_tar_add(&tar, .name = ".wh.first");
	made_tar_add(&tar, .name = ".wh.second");
	made_tar_add(&tar, .name = "second", .data = "upper");
	made_tar_add(&tar, .name = "d/new", .data = "upper");
	made_tar_add(&tar, .name = ".wh.d");
	apply(&squash, &tar);
	check_content(&squash, "first", "upper");
	check_content(&squash, "second", "upper");
	check_content(&squash, "d/new", "upper");
	check_true(!is_there(&squash, "d/old"));
}

TEST(an_opaque_whiteout_empties_a_directory_of_lower_layers_only)
{
	auto_squash struct squash squash = begin();
	auto_text struct text tar = { 0 };

	made_tar_add(&tar, .name = "a/", .type = '5', .mode = 0755);
	made_tar_add(&tar, .name = "a/old", .data = "x");
	made_tar_add(&tar, .name = "a/sub/", .type = '5', .mode = 0755);
	made_tar_add(&tar, .name = "a/sub/old", .data = "x");
	made_tar_add(&tar, .name = "b", .data = "x");
	apply(&squash, &tar);
	made_tar_add(&tar, .name = "a/", .type = '5', .mode = 0711);
	made_tar_add(&tar, .name = "a/before", .data = "x");
	made_tar_add(&tar, .name = "a/sub/new", .data = "x");
	made_tar_add(&tar, .name = "a/.wh..wh..opq");
	made_tar_add(&tar, .name = "a/after", .data = "x");
	apply(&squash, &tar);
	check_true(!is_there(&squash, "a/old"));
	check_true(!is_there(&squash, "a/sub/old"));
	check_true(is_there(&squash, "a/before"));
	check_true(is_there(&squash, "a/after"));
	check_true(is_there(&squash, "a/sub/new"));
	check_true(is_there(&squash, "b"));
	check_uint(stat_of(&squash, "a").st_mode, S_IFDIR | 0711);
}

TEST(an_opaque_root_leaves_nothing_of_lower_layers)
{
	auto_squash struct squash squash = begin();
	auto_text struct text tar = { 0 };

	made_tar_add(&tar, .name = "a/", .type = '5', .mode = 0755);
	made_tar_add(&tar, .name = "b", .data = "x");
	apply(&squash, &tar);
	made_tar_add(&tar, .name = "./", .type = '5', .mode = 0750);
	made_tar_add(&tar, .name = ".wh..wh..opq");
	made_tar_add(&tar, .name = "c", .data = "x");
	apply(&squash, &tar);
	check_true(!is_there(&squash, "a"));
	check_true(!is_there(&squash, "b"));
	check_true(is_there(&squash, "c"));
	check_uint(stat_of(&squash, ".").st_mode, S_IFDIR | 0750);
}

TEST(hard_links_reach_into_lower_layers)
{
	auto_squash struct squash squash = begin();
	auto_text struct text tar = { 0 };

	made_tar_add(&tar, .name = "a", .data = "shared");
	made_tar_add(&tar, .name = "b", .type = '1', .link = "a");
	made_tar_add(&tar, .name = "s", .type = '2', .link = "a");
	apply(&squash, &tar);
	made_tar_add(&tar, .name = "d/c", .type = '1', .link = "/a");
	made_tar_add(&tar, .name = "t", .type = '1', .link = "s");
	apply(&squash, &tar);
	check_uint(stat_of(&squash, "a").st_nlink, 3);
	check_uint(stat_of(&squash, "d/c").st_ino, stat_of(&squash, "b").st_ino);
	check_uint(stat_of(&squash, "t").st_mode & S_IFMT, S_IFLNK);
	/* A new file of one name leaves the others as they were. */
	made_tar_add(&tar, .name = "a", .data = "own");
	apply(&squash, &tar);
	check_content(&squash, "a", "own");
	check_content(&squash, "b", "shared");
	check_uint(stat_of(&squash, "b").st_nlink, 2);
}

TEST(parents_are_found_through_links_of_lower_layers)
{
	auto_squash struct squash squash = begin();
	auto_text struct text tar = { 0 };

	made_tar_add(&tar, .name = "usr/lib/", .type = '5', .mode = 0755);
	made_tar_add(&tar, .name = "lib", .type = '2', .link = "usr/lib");
	made_tar_add(&tar, .name = "lib64", .type = '2', .link = "/usr/lib");
	apply(&squash, &tar);
	made_tar_add(&tar, .name = "lib/one", .data = "x");
	made_tar_add(&tar, .name = "/lib64/two", .data = "x");
	apply(&squash, &tar);
	check_true(is_there(&squash, "usr/lib/one"));
	check_true(is_there(&squash, "usr/lib/two"));
	check_uint(stat_of(&squash, "lib").st_mode & S_IFMT, S_IFLNK);
}

TEST(links_never_lead_out)
{
	auto_squash struct squash squash = begin();
	auto_text struct text tar = { 0 };

	made_tar_add(&tar, .name = "out", .type = '2', .link = "../..");
	made_tar_add(&tar, .name = "abs", .type = '2', .link = "/tmp");
	made_tar_add(&tar, .name = "file", .type = '2', .link = "/tmp/outside");
	apply(&squash, &tar);
	/* Inside of the tree ".." of the root is the root. */
	made_tar_add(&tar, .name = "out/escaped", .data = "x");
	apply(&squash, &tar);
	check_true(is_there(&squash, "escaped"));
	made_tar_add(&tar, .name = "file", .data = "replaced");
	apply(&squash, &tar);
	check_content(&squash, "file", "replaced");
	made_tar_add(&tar, .name = "abs/escaped", .data = "x");
	check_refused(&squash, &tar, -EINVAL,
		      "abs/escaped: leads through abs, a link to what the image does not have");
}

#define REFUSED(title, why, ...)                                                                   \
	TEST(title)                                                                                \
	{                                                                                          \
		auto_squash struct squash squash = begin();                                        \
		auto_text struct text tar = { 0 };                                                 \
                                                                                                   \
		made_tar_add(&tar, .name = "lower", .data = "x");                                  \
		made_tar_add(&tar, .name = "sub/", .type = '5', .mode = 0755);                     \
		apply(&squash, &tar);                                                              \
		made_tar_add(&tar, __VA_ARGS__);                                                   \
		check_refused(&squash, &tar, -EINVAL, why);                                        \
	}

REFUSED(dots_in_a_name_are_refused, "has \"..\"", .name = "sub/../../escaped", .data = "x")
REFUSED(dots_in_a_link_are_refused, "is a hard link whose target: has \"..\"", .name = "l",
	.type = '1', .link = "../outside")
REFUSED(a_whiteout_of_the_parent_is_refused, "is a whiteout of nothing", .name = "sub/.wh...")
REFUSED(a_whiteout_of_itself_is_refused, "is a whiteout of nothing", .name = "sub/.wh..")
REFUSED(a_whiteout_without_a_name_is_refused, "is a whiteout of nothing", .name = ".wh.")
REFUSED(a_way_through_a_file_is_refused, "leads through lower, which is no directory",
	.name = "lower/x", .data = "x")
REFUSED(a_link_to_nothing_is_refused, "not in the image before it", .name = "l", .type = '1',
	.link = "absent")
REFUSED(a_link_to_a_directory_is_refused, "which is a directory", .name = "l", .type = '1',
	.link = "sub")
REFUSED(a_link_to_itself_is_refused, "is a hard link to itself", .name = "lower", .type = '1',
	.link = "lower")

TEST(device_nodes_are_left_out_and_counted)
{
	auto_squash struct squash squash = begin();
	auto_text struct text tar = { 0 };

	made_tar_add(&tar, .name = "dev/", .type = '5', .mode = 0755);
	made_tar_add(&tar, .name = "dev/null", .type = '3', .major = 1, .minor = 3);
	made_tar_add(&tar, .name = "dev/sda", .type = '4', .major = 8);
	made_tar_add(&tar, .name = "fifo", .type = '6');
	apply(&squash, &tar);
	check_uint(squash.counts.n_devices, 2);
	check_true(!is_there(&squash, "dev/null"));
	check_uint(stat_of(&squash, "fifo").st_mode & S_IFMT, S_IFIFO);
}

TEST(xattrs_that_mean_something_to_the_kernel_are_dropped_and_counted)
{
	auto_squash struct squash squash = begin();
	auto_text struct text tar = { 0 };
	char value[8];
	int fd;

	made_tar_pax(&tar, "SCHILY.xattr.trusted.overlay.opaque", "y", NULL);
	made_tar_add(&tar, .name = "f", .data = "x");
	apply(&squash, &tar);
	check_uint(squash.tree.n_dropped_xattrs, 1);
	fd = openat(squash.root, "f", O_RDONLY | O_CLOEXEC);
	check_int((int)flistxattr(fd, value, sizeof(value)), 0);
	(void)close(fd);
}

TEST(times_are_those_of_the_layers_whatever_happens_inside)
{
	auto_squash struct squash squash = begin();
	auto_text struct text tar = { 0 };

	made_tar_pax(&tar, "mtime", "1000.75", NULL);
	made_tar_add(&tar, .name = "a/", .type = '5', .mode = 0755);
	made_tar_add(&tar, .name = "a/gone", .data = "x");
	apply(&squash, &tar);
	made_tar_add(&tar, .name = "a/new", .data = "x");
	made_tar_add(&tar, .name = "a/.wh.gone");
	made_tar_add(&tar, .name = "implied/x", .data = "x");
	apply(&squash, &tar);
	check_int(stat_of(&squash, "a").st_mtim.tv_sec, 1000);
	check_int(stat_of(&squash, "a").st_mtim.tv_nsec, 0);
	check_int(stat_of(&squash, "implied").st_mtim.tv_sec, 0);
	check_uint(stat_of(&squash, "implied").st_mode, S_IFDIR | 0755);
}

TEST(layers_that_are_padded_follow_one_another)
{
	static const char zeros[10240];
	auto_squash struct squash squash = begin();
	auto_text struct text tar = { 0 };
	struct layer_stream stream = { .fd = memfd_create("layers", MFD_CLOEXEC) };
	const struct layer layer = { .stream = &stream, .max_entries = 9, .max_bytes = 1 << 20 };
	struct error err = { 0 };

	made_tar_add(&tar, .name = "a", .data = "x");
	made_tar_end(&tar);
	check_int(text_append_bytes(&tar, zeros, sizeof(zeros)), 0);
	for (int i = 0; i < 2; i++) {
		check_int(layer_stream_write(stream.fd, FRAME_DATA, tar.data, tar.length), 0);
		check_int(layer_stream_write(stream.fd, FRAME_LAYER_END, NULL, 0), 0);
	}
	check_int(layer_stream_write(stream.fd, FRAME_END, NULL, 0), 0);
	check_int((int)lseek(stream.fd, 0, SEEK_SET), 0);
	for (int i = 0; i < 2; i++)
		check_ok(layer_apply(&squash.tree, &layer, &squash.counts, &err), &err);
	check_ok(layer_stream_expect(&stream, FRAME_END, NULL, 0, &err), &err);
	(void)close(stream.fd);
}

TEST(limits_hold_over_all_layers)
{
	auto_squash struct squash squash = begin();
	auto_text struct text tar = { 0 };

	squash.max_entries = 2;
	made_tar_add(&tar, .name = "a", .data = "x");
	apply(&squash, &tar);
	made_tar_add(&tar, .name = "b", .data = "x");
	made_tar_add(&tar, .name = "c", .data = "x");
	check_refused(&squash, &tar, -EFBIG, "more than 2 entries");
}

TEST(a_stream_is_not_believed)
{
	auto_squash struct squash squash = begin();
	struct layer_stream stream = { .fd = memfd_create("layer", MFD_CLOEXEC) };
	const struct layer layer = { .stream = &stream, .max_entries = 9, .max_bytes = 1 << 20 };
	const uint32_t huge[2] = { FRAME_DATA, 0x7fffffff };
	struct error told = { .code = ENOMSG, .text = "told" };
	struct error err = { 0 };

	check_int((int)write(stream.fd, huge, sizeof(huge)), (int)sizeof(huge));
	check_int((int)lseek(stream.fd, 0, SEEK_SET), 0);
	check_int(layer_apply(&squash.tree, &layer, &squash.counts, &err), -EPROTO);
	/* Nothing more comes. */
	error_clear(&err);
	check_int(layer_apply(&squash.tree, &layer, &squash.counts, &err), -EPIPE);
	check_int(ftruncate(stream.fd, 0), 0);
	check_int((int)lseek(stream.fd, 0, SEEK_SET), 0);
	check_int(layer_stream_write(stream.fd, FRAME_ERROR, &told, sizeof(told)), 0);
	check_int((int)lseek(stream.fd, 0, SEEK_SET), 0);
	error_clear(&err);
	check_int(layer_apply(&squash.tree, &layer, &squash.counts, &err), -ENOMSG);
	check_contains(err.text, "told");
	(void)close(stream.fd);
}
