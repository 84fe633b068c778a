/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blobs: found in archives and layouts, verified, unpacked.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/blob_unpack.h"
#include "image/digest_worker.h"
#include "tests/unit/image/made_tar.h"
#include "tests/unit/test.h"

TEST(digests_are_strict)
{
	struct digest digest = { "untouched" };

	check_int(digest_of("abc", 3, &digest), 0);
	check_text(digest.text, "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20"
				"015ad");
	check_int(digest_parse(digest.text, &digest), 0);
	check_int(digest_parse("sha256:", &digest), -EINVAL);
	check_int(digest_parse("sha256:ABC", &digest), -EINVAL);
	check_int(digest_parse("sha512:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20"
			       "015ad",
			       &digest),
		  -EINVAL);
	check_int(digest_parse("../../etc/passwd", &digest), -EINVAL);
	check_contains(digest.text, "sha256:ba78");
}

/* Pieces of all lengths, more of them than there are buffers. */
static void check_worker(const char *like, const char *expected)
{
	auto_digest_worker struct digest_worker *worker = NULL;
	struct digest digest = { "" };

	(void)snprintf(digest.text, sizeof(digest.text), "%s", like);
	check_int(digest_worker_open(&digest, &worker), 0);
	for (size_t i = 0, left = 1000000; left > 0; i++) {
		size_t n = (i * i * 997) % (DIGEST_WORKER_BYTES + 1);

		n = n > left ? left : n;
		memset(digest_worker_buffer(worker), 'a', n);
		digest_worker_submit(worker, n);
		left -= n;
	}
	check_int(digest_worker_end(worker, &digest), 0);
	check_text(digest.text, expected);
}

TEST(a_worker_hashes_in_order)
{
	/* The third test vector of FIPS 180: a million times "a". */
	check_worker("sha256:",
		     "sha256:cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc711"
		     "2cd0");
	check_worker("sha512:",
		     "sha512:e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa9"
		     "73ebde0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc0"
		     "9b");
}

TEST(a_worker_may_be_left_alone)
{
	struct digest none = { "sha256:" }, digest = { "" };
	struct digest_worker *worker = NULL;

	check_int(digest_worker_open(&none, &worker), 0);
	check_int(digest_worker_end(worker, &digest), 0);
	check_contains(digest.text, "sha256:e3b0c442");
	digest_worker_close(&worker);
	check_int(digest_worker_open(&none, &worker), 0);
	for (size_t i = 0; i < DIGEST_WORKER_BUFFERS; i++) {
		memset(digest_worker_buffer(worker), 'a', DIGEST_WORKER_BYTES);
		digest_worker_submit(worker, DIGEST_WORKER_BYTES);
	}
	digest_worker_close(&worker);
	ck_assert_ptr_null(worker);
}

static int index_of(struct arena *arena, const struct text *tar, struct tar_index *ret,
		    struct error *err)
{
	return tar_index_read(arena, made_tar_fd(tar), ret, err);
}

TEST(members_are_found_through_links)
{
	auto_arena struct arena arena = { 0 };
	auto_text struct text tar = { 0 };
	struct tar_index index;
	struct error err = { 0 };

	made_tar_add(&tar, .name = "./a/b", .data = "content");
	made_tar_add(&tar, .name = "x/layer.tar", .type = '2', .link = "../a/b");
	made_tar_add(&tar, .name = "hard", .type = '1', .link = "a/b");
	made_tar_add(&tar, .name = "circle", .type = '2', .link = "circle");
	made_tar_add(&tar, .name = "out", .type = '2', .link = "../../../a/b");
	made_tar_pax(&tar, "path", "long/name", NULL);
	made_tar_add(&tar, .name = "short", .data = "pax");
	made_tar_end(&tar);
	check_ok(index_of(&arena, &tar, &index, &err), &err);
	check_uint(tar_index_find(&index, "a/b")->size_bytes, 7);
	check_uint(tar_index_find(&index, "a/b")->offset, 512);
	check_uint(tar_index_find(&index, "x/layer.tar")->offset, 512);
	check_uint(tar_index_find(&index, "hard")->offset, 512);
	check_uint(tar_index_find(&index, "long/name")->size_bytes, 3);
	ck_assert_ptr_null(tar_index_find(&index, "short"));
	ck_assert_ptr_null(tar_index_find(&index, "circle"));
	ck_assert_ptr_null(tar_index_find(&index, "out"));
	ck_assert_ptr_null(tar_index_find(&index, "absent"));
}

static void check_no_index(const struct text *tar, const char *why)
{
	auto_arena struct arena arena = { 0 };
	struct tar_index index = { .n = 77 };
	struct error err = { 0 };

	check_true(index_of(&arena, tar, &index, &err) < 0);
	check_contains(err.text, why);
	check_uint(index.n, 77);
}

TEST(damaged_archives_are_refused)
{
	auto_text struct text tar = { 0 };

	made_tar_add(&tar, .name = "a", .data = "x");
	check_no_index(&tar, "ends early");
	made_tar_add(&tar, .name = "a", .data = "y");
	made_tar_end(&tar);
	check_no_index(&tar, "has a twice");
	tar.data[0] ^= 1;
	check_no_index(&tar, "damaged at byte 0");
	text_reset(&tar);
	made_tar_add(&tar, .name = "big", .size = "77777777777");
	made_tar_end(&tar);
	check_no_index(&tar, "ends early");
}

static void check_load(const struct blob_source *source, const struct blob_claim *claim, size_t max,
		       int code, const char *why)
{
	auto_text struct text text = { 0 };
	struct error err = { 0 };

	check_int(blob_load(source, claim, max, &text, &err), code);
	check_contains(err.text, why);
}

TEST(a_blob_is_what_was_said_of_it_or_refused)
{
	auto_arena struct arena arena = { 0 };
	auto_text struct text tar = { 0 };
	auto_text struct text text = { 0 };
	struct blob_source source;
	struct digest right, wrong;
	struct error err = { 0 };

	made_tar_add(&tar, .name = "b", .data = "content");
	made_tar_end(&tar);
	check_ok(blob_source_open(&arena, made_tar_fd(&tar), &source, &err), &err);
	check_int(digest_of("content", 7, &right), 0);
	check_int(digest_of("contenT", 7, &wrong), 0);
	check_ok(blob_load(&source, &(struct blob_claim){ "b", &right, true, 7 }, 7, &text, &err),
		 &err);
	check_text(text_string(&text), "content");
	check_load(&source, &(struct blob_claim){ "b", &wrong, true, 7 }, 7, -EINVAL,
		   "b: its digest is sha256:");
	check_load(&source, &(struct blob_claim){ "b", &right, true, 8 }, 9, -EINVAL,
		   "b: it has 7 bytes, but should have 8");
	check_load(&source, &(struct blob_claim){ "b", &right }, 6, -EFBIG, "more than 6");
	check_load(&source, &(struct blob_claim){ "c", &right }, 6, -ENOENT, "there is no c");
}

TEST(a_layout_gives_regular_files_of_its_own_only)
{
	auto_arena struct arena arena = { 0 };
	char path[] = "/tmp/rkt-layout-XXXXXX";
	struct blob_source source;
	struct error err = { 0 };
	int dir;

	test_make_directory(path);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check_int(mkdirat(dir, "sub", 0755), 0);
	check_int(mknodat(dir, "fifo", S_IFIFO | 0600, 0), 0);
	check_int(symlinkat("/etc/passwd", dir, "out"), 0);
	check_ok(blob_source_open(&arena, dir, &source, &err), &err);
	check_load(&source, &(struct blob_claim){ "sub" }, 6, -EINVAL, "not a regular file");
	check_load(&source, &(struct blob_claim){ "fifo" }, 6, -EINVAL, "not a regular file");
	check_load(&source, &(struct blob_claim){ "out" }, 6, -ENOENT, "there is no out");
	check_load(&source, &(struct blob_claim){ "../etc/passwd" }, 6, -ENOENT, "there is no");
}

static void check_not_opened(int fd, const char *why)
{
	auto_arena struct arena arena = { 0 };
	struct blob_source source;
	struct error err = { 0 };

	check_true(blob_source_open(&arena, fd, &source, &err) < 0);
	check_contains(err.text, why);
}

TEST(an_archive_packed_as_a_whole_is_refused_with_advice)
{
	auto_text struct text tar = { 0 };
	int ends[2];

	made_tar_add(&tar, .name = "b", .data = "content");
	made_tar_end(&tar);
	check_not_opened(made_tar_packed(&tar, "gzip"), "unpack it to a tar file first");
	check_not_opened(memfd_create("empty", MFD_CLOEXEC), "no tar archive");
	check_int(pipe2(ends, O_CLOEXEC), 0);
	check_not_opened(ends[0], "neither a file nor a directory");
}

/* Everything of a blob, unpacked; -errno. */
static int unpack(int fd, const struct digest *digest, struct text *out, struct error *err)
{
	auto_blob_unpacker struct blob_unpacker *unpacker = NULL;
	struct stat found;
	struct blob blob = { .fd = fd };
	char buffer[777];
	ssize_t n;
	int r;

	check_int(fstat(fd, &found), 0);
	blob.size_bytes = (uint64_t)found.st_size;
	r = blob_unpacker_open(&blob, digest, &unpacker, err);
	if (r < 0)
		return r;
	while ((n = blob_unpacker_read(unpacker, buffer, sizeof(buffer), err)) > 0)
		(void)text_append_bytes(out, buffer, (size_t)n);
	return (int)n;
}

static void fill(struct text *text)
{
	for (int i = 0; i < 100000; i++)
		(void)text_printf(text, "%d ", i * 7919 % 100003);
}

static void check_unpacked(int fd, const struct text *want)
{
	auto_text struct text got = { 0 };
	struct error err = { 0 };

	check_ok(unpack(fd, NULL, &got, &err), &err);
	check_uint(got.length, want->length);
	check_int(memcmp(got.data, want->data, want->length), 0);
}

TEST(layers_come_plain_or_packed)
{
	auto_text struct text text = { 0 };

	fill(&text);
	check_unpacked(made_tar_fd(&text), &text);
	check_unpacked(made_tar_packed(&text, "gzip"), &text);
	check_unpacked(made_tar_packed(&text, "zstd"), &text);
}

/* Appends a file's bytes to another's, at its end. */
static void append(int to, int from)
{
	char buffer[4096];
	ssize_t n;

	check_true(lseek(to, 0, SEEK_END) >= 0);
	while ((n = read(from, buffer, sizeof(buffer))) > 0)
		check_int((int)write(to, buffer, (size_t)n), (int)n);
}

TEST(packed_data_may_have_several_members)
{
	auto_text struct text text = { 0 };
	int gzip, zstd;

	fill(&text);
	gzip = made_tar_packed(&text, "gzip");
	zstd = made_tar_packed(&text, "zstd");
	append(gzip, made_tar_packed(&text, "gzip"));
	append(zstd, made_tar_packed(&text, "zstd"));
	text_reset(&text);
	fill(&text);
	fill(&text);
	check_unpacked(gzip, &text);
	check_unpacked(zstd, &text);
}

static void check_damaged(int fd, const char *why)
{
	auto_text struct text got = { 0 };
	struct error err = { 0 };

	check_int(unpack(fd, NULL, &got, &err), -EINVAL);
	check_contains(err.text, why);
}

TEST(damage_is_found_wherever_it_is)
{
	static const char *const filters[] = { "gzip", "zstd" };
	auto_text struct text text = { 0 };

	fill(&text);
	for (size_t i = 0; i < 2; i++) {
		int fd = made_tar_packed(&text, filters[i]);
		struct stat found;

		check_int(fstat(fd, &found), 0);
		/* zstd has a checksum only when asked for; the digest is what finds it then. */
		check_int((int)pwrite(fd, "\xff\xff\xff\xff", 4, found.st_size / 2), 4);
		if (i == 0)
			check_damaged(fd, "damaged");
		fd = made_tar_packed(&text, filters[i]);
		check_int(ftruncate(fd, found.st_size - 3), 0);
		check_damaged(fd, "ends early");
		fd = made_tar_packed(&text, filters[i]);
		check_int((int)pwrite(fd, "garbage", 7, found.st_size), 7);
		check_damaged(fd, "damaged");
	}
}

TEST(a_wrong_digest_is_an_error_at_the_end)
{
	auto_text struct text text = { 0 };
	auto_text struct text got = { 0 };
	struct digest wrong;
	struct error err = { 0 };

	fill(&text);
	check_int(digest_of("x", 1, &wrong), 0);
	check_int(unpack(made_tar_packed(&text, "gzip"), &wrong, &got, &err), -EINVAL);
	check_contains(err.text, "its digest is sha256:");
}

TEST(a_window_that_is_too_large_is_refused)
{
	/* A zstd frame with a window of 2 GiB: descriptor 0xa8 is 1 << 31. */
	static const char frame[] = "\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00";
	int fd = memfd_create("frame", MFD_CLOEXEC);

	check_int((int)pwrite(fd, frame, sizeof(frame) - 1, 0), (int)sizeof(frame) - 1);
	check_damaged(fd, "needs too much memory");
}
