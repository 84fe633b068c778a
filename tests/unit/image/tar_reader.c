/* SPDX-License-Identifier: Apache-2.0 */
#include "image/tar_reader.h"

#include <errno.h>

#include "common/base/cleanup.h"
#include "tests/unit/image/made_tar.h"
#include "tests/unit/test.h"

struct open_tar {
	struct archive_reader *archive;
	struct tar_reader *tar;
};

static void open_tar(struct open_tar *open, const struct text *bytes)
{
	struct error err = { 0 };

	check_ok(archive_reader_open(made_tar_fd(bytes), NULL, &open->archive, &err), &err);
	check_ok(tar_reader_open(open->archive, &open->tar, &err), &err);
}

static void close_tar(struct open_tar *open)
{
	tar_reader_close(&open->tar);
	archive_reader_close(&open->archive);
}

/* Reads to the end or the first failure; the number of entries, or -errno. */
static int count(const struct text *bytes, struct error *err)
{
	CLEANUP(close_tar) struct open_tar open = { 0 };
	struct tar_entry entry;
	int n = 0;
	int r;

	open_tar(&open, bytes);
	while ((r = tar_reader_next(open.tar, &entry, err)) > 0)
		n++;
	return r < 0 ? r : n;
}

static void check_refused(struct text *bytes, const char *why)
{
	struct error err = { 0 };

	made_tar_end(bytes);
	check_int(count(bytes, &err), -EINVAL);
	check_contains(err.text, why);
}

static void first(struct open_tar *open, struct text *bytes, struct tar_entry *entry)
{
	struct error err = { 0 };

	made_tar_end(bytes);
	open_tar(open, bytes);
	check_ok(tar_reader_next(open->tar, entry, &err), &err);
}

TEST(a_ustar_header_is_read_whole)
{
	CLEANUP(close_tar) struct open_tar open = { 0 };
	auto_text struct text bytes = { 0 };
	struct tar_entry entry;
	struct error err = { 0 };
	char data[8];

	made_tar_add(&bytes, .name = "a", .data = "hello", .mode = 04755, .uid = 1000, .gid = 1001);
	first(&open, &bytes, &entry);
	check_text(entry.name, "a");
	check_int(entry.type, TAR_FILE);
	check_uint(entry.mode, 04755);
	check_uint(entry.uid, 1000);
	check_uint(entry.gid, 1001);
	check_uint(entry.size_bytes, 5);
	check_int(entry.mtime.seconds, 1000000000);
	check_int((int)tar_reader_read(open.tar, data, sizeof(data), &err), 5);
	check_true(memcmp(data, "hello", 5) == 0);
	check_int((int)tar_reader_read(open.tar, data, sizeof(data), &err), 0);
	check_int(tar_reader_next(open.tar, &entry, &err), 0);
}

TEST(pax_records_overrule_the_header)
{
	CLEANUP(close_tar) struct open_tar open = { 0 };
	auto_text struct text bytes = { 0 };
	struct tar_entry entry;

	made_tar_pax(&bytes, "path", "a/l\xc3\xb6ng", "uid", "4294967294", "mtime", "-1.25",
		     "comment", "none", "SCHILY.xattr.user.x", "=\n1", NULL);
	made_tar_add(&bytes, .name = "short", .data = "x");
	first(&open, &bytes, &entry);
	check_text(entry.name, "a/l\xc3\xb6ng");
	check_uint(entry.uid, 4294967294);
	check_int(entry.mtime.seconds, -2);
	check_uint(entry.mtime.nanoseconds, 750000000);
	check_uint(entry.n_xattrs, 1);
	check_text(entry.xattrs[0].name, "user.x");
	check_uint(entry.xattrs[0].value_length, 3);
}

TEST(gnu_long_names_are_read)
{
	CLEANUP(close_tar) struct open_tar open = { 0 };
	auto_text struct text bytes = { 0 };
	struct tar_entry entry;
	char name[301];

	memset(name, 'n', sizeof(name));
	name[150] = '/';
	name[300] = '\0';
	made_tar_add(&bytes, .name = "././@LongLink", .type = 'L', .data = name,
		     .length = sizeof(name), .magic = "ustar  ");
	made_tar_add(&bytes, .name = "cut", .data = "x", .magic = "ustar  ");
	first(&open, &bytes, &entry);
	check_text(entry.name, name);
}

TEST(pax_sizes_must_agree)
{
	auto_text struct text good = { 0 };
	auto_text struct text bad = { 0 };
	auto_text struct text large = { 0 };
	struct error err = { 0 };

	made_tar_pax(&good, "size", "5", NULL);
	made_tar_add(&good, .name = "a", .data = "hello");
	made_tar_end(&good);
	check_int(count(&good, &err), 1);
	made_tar_pax(&bad, "size", "1029", NULL);
	made_tar_add(&bad, .name = "a", .data = "hello");
	made_tar_add(&bad, .name = "hidden", .data = "hello");
	check_refused(&bad, "a: has two sizes, 5 and 1029");
	/* More than the header can hold: this one is believed, and the data is not there. */
	made_tar_pax(&large, "size", "8589934592", NULL);
	made_tar_add(&large, .name = "a");
	check_refused(&large, "ends early");
}

TEST(malformed_pax_headers_are_refused)
{
	static const struct {
		const char *records;
		size_t length;
		const char *why;
	} cases[] = {
		{ "9 path=a", 8, "malformed" },
		{ "99 path=a\n", 10, "malformed" },
		{ "10 path=a\nx", 11, "malformed" },
		{ "1 a=\n", 5, "malformed" },
		{ "0 path=a\n", 9, "malformed" },
		{ "-9 path=a\n", 10, "malformed" },
		{ "18446744073709551616 path=a\n", 28, "malformed" },
		{ "5 =a\n", 5, "malformed" },
		{ "11 path=a\0b\n", 12, "malformed" },
		{ "12 path=a\0b\n", 12, "NUL" },
		{ "8 path=\n", 8, "empty" },
		{ "10 path=a\n10 path=b\n", 20, "twice" },
		{ "11 size=-1\n", 11, "not a number" },
		{ "18 uid=4294967295\n", 18, "not a number" },
		{ "11 mtime=x\n", 11, "not a time" },
		{ "23 GNU.sparse.major=1\n", 22, "malformed" },
		{ "22 GNU.sparse.major=1\n", 22, "sparse" },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		auto_text struct text bytes = { 0 };

		made_tar_pax_raw(&bytes, cases[i].records, cases[i].length);
		made_tar_add(&bytes, .name = "a", .data = "x");
		check_refused(&bytes, cases[i].why);
	}
}

TEST(two_sources_of_one_fact_are_refused)
{
	auto_text struct text twice = { 0 };
	auto_text struct text both = { 0 };
	auto_text struct text global = { 0 };

	made_tar_pax(&twice, "path", "a", NULL);
	made_tar_pax(&twice, "path", "b", NULL);
	made_tar_add(&twice, .name = "c");
	check_refused(&twice, "two headers of type 'x'");
	made_tar_pax(&both, "path", "a", NULL);
	made_tar_add(&both, .name = "L", .type = 'L', .data = "b", .length = 2);
	made_tar_add(&both, .name = "c");
	check_refused(&both, "a PAX name and a GNU name");
	made_tar_add(&global, .name = "g", .type = 'g', .data = "12 path=abc\n");
	made_tar_add(&global, .name = "c");
	check_refused(&global, "global PAX header");
}

TEST(unknown_types_are_refused_and_named)
{
	static const char types[] = "SDMNVXAIEsz";

	for (size_t i = 0; types[i] != '\0'; i++) {
		auto_text struct text bytes = { 0 };

		made_tar_add(&bytes, .name = "rootfs/\x1b", .type = types[i]);
		check_refused(&bytes, "rootfs/\\x1b: is ");
	}
}

TEST(numbers_that_are_none_are_refused)
{
	static const char *const sizes[] = { "0000000001x",
					     "-0000000001",
					     "0x000000001",
					     "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
					     "\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
					     "\xc0           " };

	for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
		auto_text struct text bytes = { 0 };

		made_tar_add(&bytes, .name = "first");
		made_tar_add(&bytes, .name = "a", .size = sizes[i]);
		check_refused(&bytes, "size");
	}
}

TEST(an_archive_must_end_and_end_once)
{
	auto_text struct text lone = { 0 };
	auto_text struct text garbage = { 0 };
	auto_text struct text padded = { 0 };
	static const char zeros[20480];
	struct error err = { 0 };

	made_tar_add(&lone, .name = "a");
	check_int(text_append_bytes(&lone, zeros, 512), 0);
	made_tar_add(&lone, .name = "b");
	check_refused(&lone, "lone block of zeros");
	made_tar_add(&garbage, .name = "a");
	made_tar_end(&garbage);
	made_tar_add(&garbage, .name = "b");
	check_refused(&garbage, "after the archive's end");
	made_tar_add(&padded, .name = "a");
	made_tar_end(&padded);
	check_int(text_append_bytes(&padded, zeros, sizeof(zeros)), 0);
	check_int(count(&padded, &err), 1);
}

TEST(an_archive_cut_anywhere_is_refused)
{
	auto_text struct text bytes = { 0 };
	struct error err = { 0 };

	made_tar_start(&bytes);
	made_tar_pax(&bytes, "path", "rootfs/long", NULL);
	made_tar_add(&bytes, .name = "a", .data = "hello");
	made_tar_end(&bytes);
	check_int(count(&bytes, &err), 3);
	for (size_t cut = bytes.length - 1; cut >= 512; cut -= cut % 512 == 1 ? 1 : 511) {
		bytes.length = cut;
		error_clear(&err);
		check_int(count(&bytes, &err), -EINVAL);
		check_contains(err.text, "ends early");
	}
}
