/* SPDX-License-Identifier: Apache-2.0 */
#include "image/tar_pax.h"

#include <errno.h>
#include <string.h>

#include "common/base/parse.h"

#define XATTR_PREFIX  "SCHILY.xattr."
#define SPARSE_PREFIX "GNU.sparse."

struct record {
	const char *key;
	const char *value;
	size_t value_length;
};

static int refuse(const struct record *record, const char *why, struct error *err)
{
	return error_set(err, EINVAL, "its PAX record \"%.64s\" %s", record->key, why);
}

/* A value that is text: the NUL behind it must be the first. */
static int need_text(const struct record *record, struct error *err)
{
	if (strlen(record->value) != record->value_length)
		return refuse(record, "has a NUL in it", err);
	if (record->value_length == 0)
		return refuse(record, "is empty", err);
	return 0;
}

static int read_text(const struct record *record, const char **ret, struct error *err)
{
	int r = need_text(record, err);

	if (r < 0)
		return r;
	if (*ret != NULL)
		return refuse(record, "is there twice", err);
	*ret = record->value;
	return 0;
}

static int read_number(const struct record *record, uint64_t max, bool *has, uint64_t *ret,
		       struct error *err)
{
	if (*has)
		return refuse(record, "is there twice", err);
	if (need_text(record, err) < 0 || parse_u64(record->value, max, ret) < 0)
		return refuse(record, "is not a number in range", err);
	*has = true;
	return 0;
}

static int read_id(const struct record *record, bool *has, uint32_t *ret, struct error *err)
{
	uint64_t value = 0;
	int r = read_number(record, PARSE_ID_MAX, has, &value, err);

	if (r == 0)
		*ret = (uint32_t)value;
	return r;
}

/* Digits after the point as nanoseconds; what is finer is cut. */
static int read_fraction(const char *digits, uint32_t *ret)
{
	uint32_t value = 0;
	uint32_t scale = 100000000;

	for (; *digits != '\0'; digits++, scale /= 10) {
		if (*digits < '0' || *digits > '9')
			return -EINVAL;
		value += (uint32_t)(*digits - '0') * scale;
	}
	*ret = value;
	return 0;
}

static int parse_time(const char *text, struct tar_time *ret)
{
	const char *point = strchrnul(text, '.');
	size_t length = (size_t)(point - text);
	struct tar_time time = { 0 };
	char whole[24];

	if (length >= sizeof(whole))
		return -ERANGE;
	memcpy(whole, text, length);
	whole[length] = '\0';
	if (parse_i64(whole, -(INT64_MAX / 2), INT64_MAX / 2, &time.seconds) < 0)
		return -EINVAL;
	if (*point == '.' && read_fraction(point + 1, &time.nanoseconds) < 0)
		return -EINVAL;
	/* -1.25 is 0.75 after -2. */
	if (text[0] == '-' && time.nanoseconds > 0) {
		time.seconds--;
		time.nanoseconds = 1000000000 - time.nanoseconds;
	}
	*ret = time;
	return 0;
}

static int read_mtime(const struct record *record, struct tar_pax *pax, struct error *err)
{
	if (pax->has_mtime)
		return refuse(record, "is there twice", err);
	if (need_text(record, err) < 0 || parse_time(record->value, &pax->mtime) < 0)
		return refuse(record, "is not a time", err);
	pax->has_mtime = true;
	return 0;
}

static int read_xattr(const struct record *record, struct tar_pax *pax, struct error *err)
{
	struct tar_xattr *xattr = &pax->xattrs[pax->n_xattrs];

	if (pax->n_xattrs == TAR_MAX_XATTRS)
		return refuse(record, "is one xattr too many", err);
	xattr->name = record->key + strlen(XATTR_PREFIX);
	xattr->value = record->value;
	xattr->value_length = record->value_length;
	for (size_t i = 0; i < pax->n_xattrs; i++)
		if (strcmp(pax->xattrs[i].name, xattr->name) == 0)
			return refuse(record, "is there twice", err);
	pax->n_xattrs++;
	return 0;
}

static int read_record(const struct record *record, struct tar_pax *pax, struct error *err)
{
	const char *key = record->key;

	if (strcmp(key, "path") == 0)
		return read_text(record, &pax->path, err);
	if (strcmp(key, "linkpath") == 0)
		return read_text(record, &pax->link_path, err);
	if (strcmp(key, "size") == 0)
		return read_number(record, INT64_MAX, &pax->has_size, &pax->size_bytes, err);
	if (strcmp(key, "uid") == 0)
		return read_id(record, &pax->has_uid, &pax->uid, err);
	if (strcmp(key, "gid") == 0)
		return read_id(record, &pax->has_gid, &pax->gid, err);
	if (strcmp(key, "mtime") == 0)
		return read_mtime(record, pax, err);
	if (strncmp(key, XATTR_PREFIX, strlen(XATTR_PREFIX)) == 0)
		return read_xattr(record, pax, err);
	if (strncmp(key, SPARSE_PREFIX, strlen(SPARSE_PREFIX)) == 0)
		return refuse(record, "makes it sparse, which an image file may not be", err);
	return 0;
}

/* Cuts the record at the start into key and value; gives its length, 0 when malformed. */
static size_t cut_record(char *start, size_t left, struct record *ret)
{
	char *end = memchr(start, ' ', left < 8 ? left : 8);
	char *equals;
	uint64_t length;

	if (end == NULL)
		return 0;
	*end = '\0';
	if (parse_u64(start, left, &length) < 0 || length < (size_t)(end - start) + 4)
		return 0;
	if (start[length - 1] != '\n')
		return 0;
	start[length - 1] = '\0';
	equals = memchr(end + 1, '=', (size_t)(start + length - 1 - (end + 1)));
	if (equals == NULL || equals == end + 1)
		return 0;
	*equals = '\0';
	/* A NUL within the key would hide the rest of it. */
	if (strlen(end + 1) != (size_t)(equals - (end + 1)))
		return 0;
	ret->key = end + 1;
	ret->value = equals + 1;
	ret->value_length = (size_t)(start + length - 1 - ret->value);
	return length;
}

int tar_pax_decode(char *records, size_t length, struct tar_pax *ret, struct error *err)
{
	size_t at = 0;

	memset(ret, 0, sizeof(*ret));
	while (at < length) {
		struct record record;
		size_t n = cut_record(records + at, length - at, &record);
		int r;

		if (n == 0)
			return error_set(err, EINVAL, "its PAX header is malformed at byte %zu",
					 at);
		r = read_record(&record, ret, err);
		if (r < 0)
			return r;
		at += n;
	}
	return 0;
}

static size_t n_digits(size_t n)
{
	size_t digits = 1;

	for (; n >= 10; n /= 10)
		digits++;
	return digits;
}

void tar_pax_append(struct text *records, const char *key, const char *value, size_t length)
{
	size_t rest = strlen(key) + length + 3; /* space, '=', newline */
	size_t total = rest + n_digits(rest);

	/* The length counts its own digits: one more may be needed. */
	total = rest + n_digits(total);
	(void)text_printf(records, "%zu %s=", total, key);
	(void)text_append_bytes(records, value, length);
	(void)text_append_char(records, '\n');
}
