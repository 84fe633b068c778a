/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/image/made_tar.h"

#include <archive.h>
#include <archive_entry.h>
#include <check.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>

#include "tests/unit/test.h"

static void put(char *block, size_t at, const char *value)
{
	memcpy(block + at, value, strlen(value));
}

static void put_octal(char *block, size_t at, int digits, unsigned long value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%0*lo", digits, value);
	put(block, at, text);
}

static void sum_up(char *block)
{
	unsigned long sum = 0;

	memset(block + 148, ' ', 8);
	for (size_t i = 0; i < 512; i++)
		sum += (unsigned char)block[i];
	put_octal(block, 148, 6, sum);
	block[154] = '\0';
}

static void pad(struct text *tar)
{
	while (tar->length % 512 != 0)
		ck_assert_int_eq(text_append_char(tar, '\0'), 0);
}

void made_tar_entry(struct text *tar, const struct made_entry *entry)
{
	size_t length = entry->length;
	char block[512] = { 0 };

	if (entry->data != NULL && length == 0)
		length = strlen(entry->data);
	ck_assert_uint_le(strlen(entry->name), 100);
	put(block, 0, entry->name);
	put_octal(block, 100, 7, entry->mode != 0 ? entry->mode : 0644);
	put_octal(block, 108, 7, entry->uid);
	put_octal(block, 116, 7, entry->gid);
	put_octal(block, 124, 11, length);
	if (entry->size != NULL)
		memcpy(block + 124, entry->size, strnlen(entry->size, 12));
	put_octal(block, 136, 11, 1000000000);
	block[156] = entry->type != 0 ? entry->type : '0';
	put(block, 157, entry->link != NULL ? entry->link : "");
	if (entry->magic != NULL)
		put(block, 257, entry->magic);
	else
		memcpy(block + 257, "ustar\00000", 8);
	put_octal(block, 329, 7, entry->major);
	put_octal(block, 337, 7, entry->minor);
	sum_up(block);
	ck_assert_int_eq(text_append_bytes(tar, block, sizeof(block)), 0);
	if (entry->data != NULL)
		ck_assert_int_eq(text_append_bytes(tar, entry->data, length), 0);
	pad(tar);
}

void made_tar_pax_raw(struct text *tar, const char *records, size_t length)
{
	made_tar_add(tar, .name = "PaxHeaders/x", .type = 'x', .data = records, .length = length);
}

void made_tar_pax(struct text *tar, ...)
{
	auto_text struct text records = { 0 };
	const char *key;
	va_list args;

	va_start(args, tar);
	while ((key = va_arg(args, const char *)) != NULL) {
		const char *value = va_arg(args, const char *);
		size_t length = strlen(key) + strlen(value) + 3;
		char number[24];

		/* Grows until the number counts itself. */
		for (size_t total = length;; total++) {
			int n = snprintf(number, sizeof(number), "%zu", total);

			if (length + (size_t)n == total)
				break;
		}
		ck_assert_int_eq(text_printf(&records, "%s %s=%s\n", number, key, value), 0);
	}
	va_end(args);
	made_tar_pax_raw(tar, records.data, records.length);
}

void made_tar_start(struct text *tar)
{
	made_tar_add(tar, .name = "manifest", .data = "{\"acKind\":\"ImageManifest\"}");
	made_tar_add(tar, .name = "rootfs/", .type = '5', .mode = 0755);
}

void made_tar_end(struct text *tar)
{
	static const char zeros[1024];

	ck_assert_int_eq(text_append_bytes(tar, zeros, sizeof(zeros)), 0);
}

int made_tar_fd(const struct text *tar)
{
	int fd = memfd_create("tar", MFD_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	for (size_t at = 0; at < tar->length;) {
		ssize_t n = write(fd, tar->data + at, tar->length - at);

		ck_assert_int_gt(n, 0);
		at += (size_t)n;
	}
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

int made_tar_packed(const struct text *tar, const char *filter)
{
	struct archive *packer = archive_write_new();
	struct archive_entry *entry = archive_entry_new();
	int fd = memfd_create("packed", MFD_CLOEXEC);

	archive_entry_set_filetype(entry, AE_IFREG);
	ck_assert_int_eq(archive_write_add_filter_by_name(packer, filter), ARCHIVE_OK);
	ck_assert_int_eq(archive_write_set_format_raw(packer), ARCHIVE_OK);
	ck_assert_int_eq(archive_write_set_bytes_in_last_block(packer, 1), ARCHIVE_OK);
	ck_assert_int_eq(archive_write_open_fd(packer, fd), ARCHIVE_OK);
	ck_assert_int_eq(archive_write_header(packer, entry), ARCHIVE_OK);
	ck_assert_int_eq(archive_write_data(packer, tar->data, tar->length),
			 (la_ssize_t)tar->length);
	ck_assert_int_eq(archive_write_free(packer), ARCHIVE_OK);
	archive_entry_free(entry);
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

int made_directory(void)
{
	int fd;

	test_enter_mount_namespace();
	ck_assert_int_eq(mount("tmpfs", "/tmp", "tmpfs", 0, "size=256m"), 0);
	fd = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	return fd;
}
