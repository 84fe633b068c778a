/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/guest_files.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/base/parse.h"

enum { POLYNOMIAL = 0x04c11db7, SLICES = 8, CHECKSUMS_MAX = 4096 };

struct crc_tables {
	uint32_t slice[SLICES][256]; /* [n][b]: byte b, n zero bytes behind it */
};

static void fill_tables(struct crc_tables *tables)
{
	for (uint32_t byte = 0; byte < 256; byte++) {
		uint32_t crc = byte << 24;

		for (int bit = 0; bit < 8; bit++)
			crc = (crc << 1) ^ ((crc >> 31) != 0 ? (uint32_t)POLYNOMIAL : 0);
		tables->slice[0][byte] = crc;
	}
	for (int n = 1; n < SLICES; n++)
		for (uint32_t byte = 0; byte < 256; byte++) {
			uint32_t crc = tables->slice[n - 1][byte];

			tables->slice[n][byte] = (crc << 8) ^ tables->slice[0][crc >> 24];
		}
}

/* Eight bytes at a time. */
static uint32_t add_words(const struct crc_tables *tables, uint32_t crc, const unsigned char *at,
			  size_t n_words)
{
	for (; n_words > 0; n_words--, at += SLICES) {
		uint64_t word;

		memcpy(&word, at, sizeof(word));
		word = be64toh(word) ^ (uint64_t)crc << 32;
		crc = 0;
		for (int n = 0; n < SLICES; n++)
			crc ^= tables->slice[n][word >> (8 * n) & 0xff];
	}
	return crc;
}

static uint32_t add_byte(const struct crc_tables *tables, uint32_t crc, unsigned char byte)
{
	return (crc << 8) ^ tables->slice[0][(crc >> 24) ^ byte];
}

uint32_t guest_files_crc(const void *data, size_t length)
{
	const unsigned char *bytes = data;
	struct crc_tables tables;
	uint32_t crc;

	fill_tables(&tables);
	crc = add_words(&tables, 0, bytes, length / SLICES);
	for (size_t i = length / SLICES * SLICES; i < length; i++)
		crc = add_byte(&tables, crc, bytes[i]);
	for (size_t rest = length; rest > 0; rest >>= 8)
		crc = add_byte(&tables, crc, (unsigned char)(rest & 0xff));
	return ~crc;
}

static int damaged(const char *name, const char *how, struct error *err)
{
	return error_set(
	    err, EBADMSG,
	    "the stage1's guest/%s is damaged: %s; remove the stage1 from the store and "
	    "fetch it again",
	    name, how);
}

static int check_file(int dir, const char *name, uint32_t crc, uint64_t size, struct error *err)
{
	auto_close int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	uint32_t found;
	struct stat st;
	void *data;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_from_errno(err, "opening the stage1's guest/%s", name);
	if ((uint64_t)st.st_size != size || size == 0)
		return damaged(name, "its size is wrong", err);
	data = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (data == MAP_FAILED)
		return error_from_errno(err, "reading the stage1's guest/%s", name);
	found = guest_files_crc(data, (size_t)size);
	(void)munmap(data, (size_t)size);
	return found == crc ? 0 : damaged(name, "its checksum is wrong", err);
}

/* Cuts the next word off *line. */
static char *next_word(char **line)
{
	char *word = *line;

	*line += strcspn(word, " ");
	if (**line != '\0')
		*(*line)++ = '\0';
	return word;
}

static bool is_known(const char *name)
{
	static const char *const names[] = { "vmlinux", "root.squashfs", "writable.blocks" };

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

/* "CRC SIZE NAME" */
static int check_line(int dir, char *line, struct error *err)
{
	const char *crc_text = next_word(&line), *size_text = next_word(&line);
	uint64_t size;
	uint32_t crc;

	if (parse_u32(crc_text, UINT32_MAX, &crc) < 0 ||
	    parse_u64(size_text, (uint64_t)1 << 30, &size) < 0 || !is_known(line))
		return damaged(GUEST_CHECKSUMS, "it has a bad line", err);
	return check_file(dir, line, crc, size, err);
}

int guest_files_check(int guest_files, struct error *err)
{
	auto_text struct text checksums = { 0 };
	char *at;
	int r, n = 0;

	r = file_read_at(guest_files, GUEST_CHECKSUMS, CHECKSUMS_MAX, &checksums, err);
	if (r < 0)
		return r;
	at = checksums.data;
	while (r == 0 && at != NULL && *at != '\0') {
		char *line = at, *end = strchr(at, '\n');

		if (end == NULL)
			return damaged(GUEST_CHECKSUMS, "it ends too early", err);
		*end = '\0';
		at = end + 1;
		r = check_line(guest_files, line, err);
		n++;
	}
	if (r == 0 && n != 3)
		return damaged(GUEST_CHECKSUMS, "it does not name three files", err);
	return r;
}
