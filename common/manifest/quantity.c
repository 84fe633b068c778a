/* SPDX-License-Identifier: Apache-2.0 */
#include "common/manifest/quantity.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/base/parse.h"

/* digits × 10^tens × 2^twos: exact, whatever was written. */
struct quantity {
	uint64_t digits; /* below 10^19, so digits × 2^60 fits into 128 bits */
	int tens;
	int twos;
};

static const struct {
	const char *suffix;
	int tens, twos;
} suffixes[] = {
	{ "", 0, 0 },    { "m", -3, 0 },  { "k", 3, 0 },   { "K", 3, 0 },   { "M", 6, 0 },
	{ "G", 9, 0 },   { "T", 12, 0 },  { "P", 15, 0 },  { "E", 18, 0 },  { "Ki", 0, 10 },
	{ "Mi", 0, 20 }, { "Gi", 0, 30 }, { "Ti", 0, 40 }, { "Pi", 0, 50 }, { "Ei", 0, 60 },
};

#define MAX_DIGITS UINT64_C(1000000000000000000) /* 10^18: one more digit still fits */

/* Digits with at most one point among them.  Moves *at behind them. */
static int take_digits(const char **at, struct quantity *quantity)
{
	int fraction = -1; /* digits behind the point; -1: no point yet */
	int zeros = 0;     /* zeros at the end of the fraction: they add nothing */
	bool any = false;

	for (;; (*at)++) {
		char c = **at;

		if (c == '.' && fraction < 0) {
			fraction = 0;
			continue;
		}
		if (c < '0' || c > '9')
			break;
		any = true;
		if (fraction >= 0 && c == '0') {
			zeros++;
			continue;
		}
		for (; zeros > 0; zeros--, fraction++) {
			if (quantity->digits >= MAX_DIGITS)
				return -ERANGE;
			quantity->digits *= 10;
		}
		if (quantity->digits >= MAX_DIGITS)
			return -ERANGE;
		quantity->digits = quantity->digits * 10 + (uint64_t)(c - '0');
		fraction += fraction >= 0;
	}
	quantity->tens = fraction > 0 ? -fraction : 0;
	return any ? 0 : -EINVAL;
}

static int add_suffix(const char *suffix, struct quantity *quantity)
{
	int64_t exponent;
	int r;

	for (size_t i = 0; i < ARRAY_LENGTH(suffixes); i++) {
		if (strcmp(suffix, suffixes[i].suffix) == 0) {
			quantity->tens += suffixes[i].tens;
			quantity->twos = suffixes[i].twos;
			return 0;
		}
	}
	if (suffix[0] != 'e' && suffix[0] != 'E')
		return -EINVAL;
	suffix++;
	if (suffix[0] == '+' && suffix[1] != '-')
		suffix++;
	r = parse_i64(suffix, -1000, 1000, &exponent);
	if (r < 0)
		return r;
	quantity->tens += (int)exponent;
	return 0;
}

/* The whole number at or above it. */
static int round_up(const struct quantity *quantity, uint64_t *ret)
{
	unsigned __int128 value = (unsigned __int128)quantity->digits << quantity->twos;
	unsigned __int128 divisor = 1;

	if (quantity->digits == 0) {
		*ret = 0;
		return 0;
	}
	for (int i = 0; i < quantity->tens; i++) {
		if (value > INT64_MAX)
			return -ERANGE;
		value *= 10;
	}
	for (int i = 0; i > quantity->tens; i--) {
		divisor *= 10;
		if (divisor > value) { /* less than one is left, however small */
			*ret = 1;
			return 0;
		}
	}
	value = value / divisor + (value % divisor != 0);
	if (value > INT64_MAX)
		return -ERANGE;
	*ret = (uint64_t)value;
	return 0;
}

/* In units of 10^-tens. */
static int parse_scaled(const char *text, int tens, uint64_t *ret)
{
	struct quantity quantity = { .digits = 0 };
	int r = take_digits(&text, &quantity);

	if (r < 0)
		return r;
	r = add_suffix(text, &quantity);
	if (r < 0)
		return r;
	quantity.tens += tens;
	return round_up(&quantity, ret);
}

int quantity_parse(const char *text, uint64_t *ret)
{
	return parse_scaled(text, 0, ret);
}

int quantity_parse_milli(const char *text, uint64_t *ret_milli)
{
	return parse_scaled(text, 3, ret_milli);
}
