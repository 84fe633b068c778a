/* SPDX-License-Identifier: Apache-2.0 */
#include "common/manifest/quantity.h"

#include <errno.h>

#include "common/base/cleanup.h"
#include "tests/unit/test.h"

struct quantity_case {
	const char *text;
	int status;
	uint64_t value;
};

static void check_cases(int (*parse)(const char *, uint64_t *), const struct quantity_case *cases,
			size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t value = 42;
		int r = parse(cases[i].text, &value);

		ck_assert_msg(r == cases[i].status, "\"%s\": %d, wanted %d", cases[i].text, r,
			      cases[i].status);
		ck_assert_msg(value == (r < 0 ? 42 : cases[i].value), "\"%s\": %ju, wanted %ju",
			      cases[i].text, (uintmax_t)value, (uintmax_t)cases[i].value);
	}
}

TEST(quantities_have_the_suffixes_of_the_spec)
{
	static const struct quantity_case cases[] = {
		{ "128974848", 0, 128974848 },
		{ "125952Ki", 0, 128974848 },
		{ "123Mi", 0, 128974848 },
		{ "0", 0, 0 },
		{ "00012", 0, 12 },
		{ "1k", 0, 1000 },
		{ "1K", 0, 1000 },
		{ "50M", 0, 50000000 },
		{ "2G", 0, 2000000000 },
		{ "3T", 0, 3000000000000 },
		{ "4P", 0, 4000000000000000 },
		{ "5E", 0, 5000000000000000000 },
		{ "1Gi", 0, 1 << 30 },
		{ "1Ti", 0, UINT64_C(1) << 40 },
		{ "1Pi", 0, UINT64_C(1) << 50 },
		{ "7Ei", 0, UINT64_C(7) << 60 },
		{ "1e3", 0, 1000 },
		{ "1E3", 0, 1000 },
		{ "1e+3", 0, 1000 },
		{ "1500e-2", 0, 15 },
		{ "1.5Gi", 0, 1610612736 },
		{ "1.5", 0, 2 },
		{ ".5k", 0, 500 },
		{ "5.", 0, 5 },
		{ "1.000000000000000000000000000000000000", 0, 1 },
	};

	check_cases(quantity_parse, cases, ARRAY_LENGTH(cases));
}

TEST(what_does_not_come_out_whole_is_rounded_up)
{
	static const struct quantity_case cases[] = {
		{ "1m", 0, 1 },
		{ "1001m", 0, 2 },
		{ "0.0000000000000000000000000000000000000000001", 0, 1 },
		{ "1e-1000", 0, 1 },
		{ "0e-1000", 0, 0 },
		{ "0.1Ki", 0, 103 },
		{ "0e1000", 0, 0 },
	};

	check_cases(quantity_parse, cases, ARRAY_LENGTH(cases));
}

TEST(processors_are_counted_in_thousandths)
{
	static const struct quantity_case cases[] = {
		{ "500m", 0, 500 }, { "0.5", 0, 500 },    { "1.5", 0, 1500 },   { "2", 0, 2000 },
		{ "0.0001", 0, 1 }, { "250", 0, 250000 }, { "1k", 0, 1000000 }, { "0.1", 0, 100 },
	};

	check_cases(quantity_parse_milli, cases, ARRAY_LENGTH(cases));
}

TEST(what_is_no_quantity_is_refused)
{
	static const struct quantity_case cases[] = {
		{ "", -EINVAL },         { "-1", -EINVAL },    { "+1", -EINVAL },
		{ " 1", -EINVAL },       { "1 ", -EINVAL },    { "1 M", -EINVAL },
		{ "M", -EINVAL },        { ".", -EINVAL },     { "1.2.3", -EINVAL },
		{ "1e3Ki", -EINVAL },    { "1e", -EINVAL },    { "1e1.5", -EINVAL },
		{ "0x10", -EINVAL },     { "1MB", -EINVAL },   { "1mi", -EINVAL },
		{ "1gi", -EINVAL },      { "1e+-3", -EINVAL }, { "1e--3", -EINVAL },
		{ "infinity", -EINVAL }, { "1\n", -EINVAL },   { "1,5", -EINVAL },
	};

	check_cases(quantity_parse, cases, ARRAY_LENGTH(cases));
}

TEST(what_is_too_large_is_refused)
{
	static const struct quantity_case cases[] = {
		{ "9223372036854775807", 0, INT64_MAX },
		{ "9223372036854775808", -ERANGE },
		{ "18446744073709551616", -ERANGE },
		{ "99999999999999999999999999999999999999999999999999", -ERANGE },
		{ "8Ei", -ERANGE },
		{ "9.3E", -ERANGE },
		{ "1e19", -ERANGE },
		{ "1e999", -ERANGE },
		{ "1e1001", -ERANGE },
	};

	check_cases(quantity_parse, cases, ARRAY_LENGTH(cases));
}
