/* SPDX-License-Identifier: Apache-2.0 */
#include "common/option/option.h"

#include <errno.h>
#include <string.h>

#include "common/base/cleanup.h"

struct unit {
	const char *name;
	uint64_t per_ns;
};

/* Longer names first: "ms" before "m". */
static const struct unit units[] = {
	{ "ns", 1 },         { "us", 1000 },       { "ms", 1000000 },
	{ "s", 1000000000 }, { "m", 60000000000 }, { "h", 3600000000000 },
};

static const struct unit *find_unit(const char *text)
{
	for (size_t i = 0; i < ARRAY_LENGTH(units); i++)
		if (strncmp(text, units[i].name, strlen(units[i].name)) == 0)
			return &units[i];
	return NULL;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Digits at **text; returns how many, -ERANGE on overflow. */
static int read_digits(const char **text, uint64_t *ret)
{
	uint64_t value = 0;
	int n = 0;

	for (; is_digit(**text); (*text)++, n++)
		if (__builtin_mul_overflow(value, (uint64_t)10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(**text - '0'), &value))
			return -ERANGE;
	*ret = value;
	return n;
}

/* The digits after a point, in nanoseconds; what is below one is dropped. */
static uint64_t read_fraction(const char **text, uint64_t unit_ns, int *digits)
{
	uint64_t total = 0;
	uint64_t scale = unit_ns;

	for (; is_digit(**text); (*text)++, (*digits)++) {
		scale /= 10;
		total += scale * (uint64_t)(**text - '0');
	}
	return total;
}

/* One "1.5h" at **text, added to *total_ns. */
static int read_part(const char **text, uint64_t *total_ns)
{
	const char *fraction;
	const struct unit *unit;
	uint64_t whole = 0;
	int digits = read_digits(text, &whole);

	if (digits < 0)
		return digits;
	fraction = **text == '.' ? *text + 1 : NULL;
	if (fraction != NULL)
		*text += 1 + strspn(fraction, "0123456789");
	unit = find_unit(*text);
	if (unit == NULL)
		return -EINVAL;
	if (__builtin_mul_overflow(whole, unit->per_ns, &whole))
		return -ERANGE;
	if (fraction != NULL &&
	    __builtin_add_overflow(whole, read_fraction(&fraction, unit->per_ns, &digits), &whole))
		return -ERANGE;
	*text += strlen(unit->name);
	if (digits == 0)
		return -EINVAL;
	return __builtin_add_overflow(*total_ns, whole, total_ns) ? -ERANGE : 0;
}

int option_parse_duration(const char *text, uint64_t *ret_ms)
{
	uint64_t total_ns = 0;

	if (strcmp(text, "0") == 0) {
		*ret_ms = 0;
		return 0;
	}
	if (text[0] == '\0')
		return -EINVAL;
	while (*text != '\0') {
		int r = read_part(&text, &total_ns);

		if (r < 0)
			return r;
	}
	*ret_ms = total_ns / 1000000;
	return 0;
}
