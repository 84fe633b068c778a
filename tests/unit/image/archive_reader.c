/* SPDX-License-Identifier: Apache-2.0 */
#include "image/archive_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "tests/unit/image/made_tar.h"
#include "tests/unit/test.h"

/* Reads all of it; the id, or -errno. */
static int read_all(int fd, const struct archive_limits *limits, struct image_id *id,
		    struct error *err)
{
	auto_archive_reader struct archive_reader *reader = NULL;
	char buffer[1000];
	ssize_t n;
	int r = archive_reader_open(fd, limits, &reader, err);

	if (r < 0)
		return r;
	do
		n = archive_reader_read(reader, buffer, sizeof(buffer), err);
	while (n > 0);
	return n < 0 ? (int)n : archive_reader_finish(reader, id, err);
}

static void make(struct text *tar)
{
	made_tar_start(tar);
	for (char i = 'a'; i <= 'z'; i++) {
		char name[] = { 'r', 'o', 'o', 't', 'f', 's', '/', i, '\0' };

		made_tar_add(tar, .name = name, .data = name);
	}
	made_tar_end(tar);
}

TEST(every_packing_gives_the_same_id)
{
	static const char *const filters[] = { "gzip", "bzip2", "xz", "zstd" };
	auto_text struct text tar = { 0 };
	struct image_id plain = { 0 };
	struct error err = { 0 };

	make(&tar);
	check_ok(read_all(made_tar_fd(&tar), NULL, &plain, &err), &err);
	check_uint(strlen(plain.text), 7 + 128);
	for (size_t i = 0; i < ARRAY_LENGTH(filters); i++) {
		struct image_id id = { 0 };

		check_ok(read_all(made_tar_packed(&tar, filters[i]), NULL, &id, &err), &err);
		check_text(id.text, plain.text);
	}
}

TEST(an_id_is_the_sha512_of_the_bytes)
{
	auto_text struct text tar = { 0 };
	struct image_id id = { 0 };
	struct error err = { 0 };
	struct image_hasher hasher = { 0 };

	/* The example of FIPS 180. */
	check_int(image_hasher_begin(&hasher), 0);
	check_int(image_hasher_add(&hasher, "abc", 3), 0);
	check_int(image_hasher_end(&hasher, &id), 0);
	image_hasher_release(&hasher);
	check_text(id.text,
		   "sha512-ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
		   "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
	make(&tar);
	check_ok(read_all(made_tar_fd(&tar), NULL, &id, &err), &err);
}

TEST(what_is_no_archive_is_refused)
{
	auto_text struct text junk = { 0 };
	struct image_id id = { 0 };
	struct error err = { 0 };

	check_int(read_all(made_tar_fd(&junk), NULL, &id, &err), -EINVAL);
	check_contains(err.text, "no image");
	for (int i = 0; i < 1000; i++)
		check_int(text_append(&junk, "hello"), 0);
	check_int(read_all(made_tar_fd(&junk), NULL, &id, &err), -EINVAL);
	check_text(id.text, "");
}

TEST(what_is_packed_twice_is_unpacked_once)
{
	auto_text struct text tar = { 0 };
	auto_text struct text once = { 0 };
	struct image_id of_packed = { 0 };
	struct image_id of_twice = { 0 };
	struct error err = { 0 };
	struct image_hasher hasher = { 0 };
	char buffer[8192];
	ssize_t n;
	int fd;

	make(&tar);
	fd = made_tar_packed(&tar, "gzip");
	check_int(image_hasher_begin(&hasher), 0);
	while ((n = read(fd, buffer, sizeof(buffer))) > 0) {
		check_int(text_append_bytes(&once, buffer, (size_t)n), 0);
		check_int(image_hasher_add(&hasher, buffer, (size_t)n), 0);
	}
	check_int(image_hasher_end(&hasher, &of_packed), 0);
	image_hasher_release(&hasher);
	check_ok(read_all(made_tar_packed(&once, "gzip"), NULL, &of_twice, &err), &err);
	check_text(of_twice.text, of_packed.text);
}

TEST(data_behind_the_packed_stream_is_refused)
{
	static const char *const filters[] = { "gzip", "bzip2", "xz", "zstd" };

	for (size_t i = 0; i < ARRAY_LENGTH(filters); i++) {
		auto_text struct text tar = { 0 };
		struct image_id id = { 0 };
		struct error err = { 0 };
		int fd;

		make(&tar);
		fd = made_tar_packed(&tar, filters[i]);
		check_true(lseek(fd, 0, SEEK_END) > 0);
		check_int((int)write(fd, "garbage", 7), 7);
		check_int((int)lseek(fd, 0, SEEK_SET), 0);
		check_int(read_all(fd, NULL, &id, &err), -EINVAL);
		check_text(id.text, "");
	}
}

TEST(a_packed_stream_cut_anywhere_is_refused)
{
	static const char *const filters[] = { "gzip", "bzip2", "xz", "zstd" };

	for (size_t i = 0; i < ARRAY_LENGTH(filters); i++) {
		auto_text struct text tar = { 0 };
		struct image_id id = { 0 };
		off_t size;
		int fd;

		make(&tar);
		fd = made_tar_packed(&tar, filters[i]);
		size = lseek(fd, 0, SEEK_END);
		for (off_t cut = size - 1; cut >= 0; cut--) {
			struct error err = { 0 };

			check_int(ftruncate(fd, cut), 0);
			check_int((int)lseek(fd, 0, SEEK_SET), 0);
			check_int(read_all(fd, NULL, &id, &err), -EINVAL);
		}
	}
}

TEST(limits_hold)
{
	auto_text struct text tar = { 0 };
	auto_free char *zeros = calloc(1, 1 << 20);
	struct image_id id = { 0 };
	struct error err = { 0 };

	made_tar_start(&tar);
	made_tar_add(&tar, .name = "rootfs/zeros", .data = zeros, .length = 1 << 20);
	made_tar_end(&tar);
	check_int(
	    read_all(made_tar_fd(&tar), &(struct archive_limits){ .max_bytes = 4096 }, &id, &err),
	    -EFBIG);
	check_contains(err.text, "more than 4096 bytes");
	check_int(read_all(made_tar_packed(&tar, "gzip"),
			   &(struct archive_limits){ .ratio_from = 65536, .max_ratio = 10 }, &id,
			   &err),
		  -EFBIG);
	check_contains(err.text, "bomb");
	check_ok(read_all(made_tar_packed(&tar, "gzip"),
			  &(struct archive_limits){ .ratio_from = 2 << 20, .max_ratio = 10 }, &id,
			  &err),
		 &err);
}

TEST(a_read_error_is_no_end)
{
	struct image_id id = { 0 };
	struct error err = { 0 };
	int ends[2];

	check_int(pipe(ends), 0);
	check_int(read_all(ends[1], NULL, &id, &err), -EBADF);
	check_contains(err.text, "Bad file descriptor");
}
