/* SPDX-License-Identifier: Apache-2.0 */
#include "image/tar_header.h"

#include <errno.h>
#include <string.h>

struct field {
	const char *name;
	size_t at, size;
};

/* As the standard lays them out. */
static const struct field name_field = { "name", 0, 100 };
static const struct field mode_field = { "mode", 100, 8 };
static const struct field uid_field = { "uid", 108, 8 };
static const struct field gid_field = { "gid", 116, 8 };
static const struct field size_field = { "size", 124, 12 };
static const struct field mtime_field = { "mtime", 136, 12 };
static const struct field sum_field = { "checksum", 148, 8 };
static const struct field link_field = { "link name", 157, 100 };
static const struct field major_field = { "device major", 329, 8 };
static const struct field minor_field = { "device minor", 337, 8 };
static const struct field prefix_field = { "prefix", 345, 155 };

#define TYPE_AT  156
#define MAGIC_AT 257

/* Base-256: the first byte's top bit is the mark, the next one the sign. */
static int read_base256(const unsigned char *p, size_t size, uint64_t *ret)
{
	uint64_t value = p[0] & 0x3f;

	if ((p[0] & 0x40) != 0)
		return -ERANGE;
	for (size_t i = 1; i < size; i++) {
		if (value >> 55 != 0)
			return -ERANGE;
		value = value << 8 | p[i];
	}
	*ret = value;
	return 0;
}

static int read_octal(const unsigned char *p, size_t size, uint64_t *ret)
{
	uint64_t value = 0;
	size_t i = 0;

	while (i < size && p[i] == ' ')
		i++;
	for (; i < size && p[i] >= '0' && p[i] <= '7'; i++)
		value = value << 3 | (uint64_t)(p[i] - '0');
	for (; i < size; i++)
		if (p[i] != ' ' && p[i] != '\0')
			return -EINVAL;
	*ret = value;
	return 0;
}

static int read_number(const unsigned char *block, const struct field *field, uint64_t *ret,
		       struct error *err)
{
	const unsigned char *p = block + field->at;
	int r;

	if ((p[0] & 0x80) != 0)
		r = read_base256(p, field->size, ret);
	else
		r = read_octal(p, field->size, ret);
	if (r < 0)
		return error_set(err, EINVAL, "the header's %s is not a number in range",
				 field->name);
	return 0;
}

static uint64_t block_sum(const unsigned char *block)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < TAR_BLOCK_SIZE; i++)
		sum += i - sum_field.at < sum_field.size ? ' ' : block[i];
	return sum;
}

bool tar_block_sums_up(const unsigned char *block)
{
	uint64_t sum;

	if (read_octal(block + sum_field.at, sum_field.size, &sum) < 0)
		return false;
	return sum == block_sum(block);
}

bool tar_block_is_zero(const unsigned char *block)
{
	return block[0] == 0 && memcmp(block, block + 1, TAR_BLOCK_SIZE - 1) == 0;
}

static size_t append_field(char *to, const unsigned char *block, const struct field *field)
{
	size_t n = strnlen((const char *)block + field->at, field->size);

	memcpy(to, block + field->at, n);
	to[n] = '\0';
	return n;
}

static enum tar_format read_format(const unsigned char *block)
{
	if (memcmp(block + MAGIC_AT, "ustar\0", 6) == 0)
		return TAR_USTAR;
	return memcmp(block + MAGIC_AT, "ustar ", 6) == 0 ? TAR_GNU : TAR_V7;
}

static void read_names(const unsigned char *block, struct tar_header *header)
{
	size_t n = 0;

	/* GNU puts times where the standard has the prefix. */
	if (header->format == TAR_USTAR)
		n = append_field(header->name, block, &prefix_field);
	if (n > 0)
		header->name[n++] = '/';
	(void)append_field(header->name + n, block, &name_field);
	(void)append_field(header->link_name, block, &link_field);
}

static int read_numbers(const unsigned char *block, struct tar_header *header, struct error *err)
{
	uint64_t mode = 0;
	uint64_t mtime = 0;
	int r;

	r = read_number(block, &mode_field, &mode, err);
	r = r < 0 ? r : read_number(block, &uid_field, &header->uid, err);
	r = r < 0 ? r : read_number(block, &gid_field, &header->gid, err);
	r = r < 0 ? r : read_number(block, &size_field, &header->size_bytes, err);
	r = r < 0 ? r : read_number(block, &mtime_field, &mtime, err);
	if (r < 0)
		return r;
	if (mtime > INT64_MAX || header->size_bytes > INT64_MAX)
		return error_set(err, EINVAL, "the header's size or time is out of range");
	/* Old writers store the whole st_mode. */
	header->mode = (uint32_t)(mode & 07777);
	header->mtime = (int64_t)mtime;
	if (header->type != '3' && header->type != '4')
		return 0;
	r = read_number(block, &major_field, &header->major, err);
	return r < 0 ? r : read_number(block, &minor_field, &header->minor, err);
}

int tar_header_decode(const unsigned char *block, struct tar_header *ret, struct error *err)
{
	struct tar_header header = { 0 };
	int r;

	if (!tar_block_sums_up(block))
		return error_set(err, EINVAL, "the header's checksum is wrong");
	header.format = read_format(block);
	header.type = (char)block[TYPE_AT];
	if (header.type == '\0')
		header.type = '0';
	read_names(block, &header);
	r = read_numbers(block, &header, err);
	if (r < 0)
		return r;
	*ret = header;
	return 0;
}

/* Octal digits and a NUL; zero when the number is too large. */
static bool write_number(unsigned char *block, const struct field *field, uint64_t value)
{
	bool fits = value >> (3 * (field->size - 1)) == 0;

	if (!fits)
		value = 0;
	for (size_t i = field->size - 1; i-- > 0; value >>= 3)
		block[field->at + i] = (unsigned char)('0' + (value & 7));
	return fits;
}

bool tar_name_split(const char *name, size_t length, size_t *ret_prefix)
{
	*ret_prefix = 0;
	if (length <= name_field.size)
		return true;
	for (size_t i = length - name_field.size - 1; i < length && i <= prefix_field.size; i++) {
		/* A directory's last slash is no place to split at: the name would be empty. */
		if (name[i] != '/' || i == 0 || i + 1 == length)
			continue;
		*ret_prefix = i;
		return true;
	}
	return false;
}

static bool write_names(const struct tar_header *header, unsigned char *block)
{
	const char *name = header->name;
	size_t length = strlen(name);
	size_t prefix;
	bool fits = tar_name_split(name, length, &prefix);

	if (prefix > 0) {
		memcpy(block + prefix_field.at, name, prefix);
		name += prefix + 1;
		length -= prefix + 1;
	}
	memcpy(block + name_field.at, name, length < name_field.size ? length : name_field.size);
	memcpy(block + link_field.at, header->link_name, strlen(header->link_name));
	return fits;
}

bool tar_header_encode(const struct tar_header *header, unsigned char *block)
{
	static const char magic[] = { 'u', 's', 't', 'a', 'r', '\0', '0', '0' };
	bool fits;

	memset(block, 0, TAR_BLOCK_SIZE);
	fits = write_names(header, block);
	(void)write_number(block, &mode_field, header->mode);
	fits = write_number(block, &uid_field, header->uid) && fits;
	fits = write_number(block, &gid_field, header->gid) && fits;
	fits = write_number(block, &size_field, header->size_bytes) && fits;
	fits = write_number(block, &mtime_field, (uint64_t)header->mtime) && fits;
	fits = write_number(block, &major_field, header->major) && fits;
	fits = write_number(block, &minor_field, header->minor) && fits;
	block[TYPE_AT] = (unsigned char)header->type;
	memcpy(block + MAGIC_AT, magic, sizeof(magic));
	/* Six digits, NUL, space, by tradition. */
	(void)write_number(block, &(struct field){ "checksum", sum_field.at, 7 }, block_sum(block));
	block[sum_field.at + 7] = ' ';
	return fits;
}
