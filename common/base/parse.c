/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/parse.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "common/base/cleanup.h"

static int parse_digits(const char *text, unsigned base, uint64_t max, uint64_t *ret)
{
	uint64_t value = 0;

	if (text[0] == '\0')
		return -EINVAL;
	for (const char *p = text; *p != '\0'; p++) {
		unsigned digit = (unsigned)(unsigned char)*p - '0';

		if (digit >= base)
			return -EINVAL;
		if (__builtin_mul_overflow(value, (uint64_t)base, &value) ||
		    __builtin_add_overflow(value, (uint64_t)digit, &value))
			return -ERANGE;
	}
	if (value > max)
		return -ERANGE;
	*ret = value;
	return 0;
}

int parse_u64(const char *text, uint64_t max, uint64_t *ret)
{
	return parse_digits(text, 10, max, ret);
}

int parse_u32(const char *text, uint32_t max, uint32_t *ret)
{
	uint64_t value;
	int r = parse_digits(text, 10, max, &value);

	if (r < 0)
		return r;
	*ret = (uint32_t)value;
	return 0;
}

int parse_id(const char *text, uint32_t *ret)
{
	return parse_u32(text, PARSE_ID_MAX, ret);
}

int parse_i64(const char *text, int64_t min, int64_t max, int64_t *ret)
{
	int negative = text[0] == '-';
	uint64_t magnitude;
	int64_t value;
	int r = parse_digits(text + negative, 10, INT64_MAX, &magnitude);

	if (r < 0)
		return r;
	value = negative ? -(int64_t)magnitude : (int64_t)magnitude;
	if (value < min || value > max)
		return -ERANGE;
	*ret = value;
	return 0;
}

int parse_mode(const char *text, uint32_t *ret)
{
	uint64_t value;
	int r = parse_digits(text, 8, 07777, &value);

	if (r < 0)
		return r;
	*ret = (uint32_t)value;
	return 0;
}

int parse_bool(const char *text, int *ret)
{
	static const char *const yes[] = { "1", "t", "T", "true", "TRUE", "True" };
	static const char *const no[] = { "0", "f", "F", "false", "FALSE", "False" };

	for (size_t i = 0; i < ARRAY_LENGTH(yes); i++) {
		if (strcmp(text, yes[i]) == 0) {
			*ret = 1;
			return 0;
		}
		if (strcmp(text, no[i]) == 0) {
			*ret = 0;
			return 0;
		}
	}
	return -EINVAL;
}
