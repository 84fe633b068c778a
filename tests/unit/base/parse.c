/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/parse.h"

#include <errno.h>

#include "common/base/cleanup.h"
#include "tests/unit/test.h"

TEST(whole_decimal_numbers_are_read)
{
	const struct {
		const char *text;
		uint64_t value;
	} cases[] = { { "0", 0 },
		      { "007", 7 },
		      { "42", 42 },
		      { "18446744073709551615", UINT64_MAX },
		      { "00000000000000000000000000000000001", 1 } };

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		uint64_t value = 99;

		check_int(parse_u64(cases[i].text, UINT64_MAX, &value), 0);
		check_uint(value, cases[i].value);
	}
}

TEST(what_is_no_number_is_refused_and_the_result_left_alone)
{
	const char *const cases[] = { "",    "-1", "+1",  " 1",       "1 ",  "0x10", "1e3", "1.0",
				      "1,0", "a",  "1\n", "\xd9\xa3", "--1", "/",    ":" };

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		uint64_t big = 99;
		uint32_t small = 99, mode = 99;
		int64_t number = 99;

		check_int(parse_u64(cases[i], UINT64_MAX, &big), -EINVAL);
		check_int(parse_u32(cases[i], UINT32_MAX, &small), -EINVAL);
		check_int(parse_mode(cases[i], &mode), -EINVAL);
		check_uint(big, 99);
		check_uint(small, 99);
		check_uint(mode, 99);
		if (cases[i][0] != '-' || cases[i][1] == '-')
			check_int(parse_i64(cases[i], INT64_MIN, INT64_MAX, &number), -EINVAL);
		check_int((int)number, 99);
	}
}

TEST(numbers_out_of_range_are_refused)
{
	uint64_t big = 99;
	uint32_t small = 99;

	check_int(parse_u64("18446744073709551616", UINT64_MAX, &big), -ERANGE);
	check_int(parse_u64("99999999999999999999999999", UINT64_MAX, &big), -ERANGE);
	check_int(parse_u64("11", 10, &big), -ERANGE);
	check_int(parse_u64("10", 10, &big), 0);
	check_uint(big, 10);
	check_int(parse_u32("4294967296", UINT32_MAX, &small), -ERANGE);
	check_uint(small, 99);
}

TEST(no_id_means_no_change)
{
	uint32_t id = 99;

	check_int(parse_id("4294967295", &id), -ERANGE);
	check_int(parse_id("4294967296", &id), -ERANGE);
	check_uint(id, 99);
	check_int(parse_id("4294967294", &id), 0);
	check_uint(id, 4294967294U);
}

TEST(signed_numbers_have_one_minus_at_most)
{
	int64_t number = 99;

	check_int(parse_i64("-1000", -1000, 1000, &number), 0);
	check_int((int)number, -1000);
	check_int(parse_i64("-1001", -1000, 1000, &number), -ERANGE);
	check_int(parse_i64("1001", -1000, 1000, &number), -ERANGE);
	check_int(parse_i64("-", -1000, 1000, &number), -EINVAL);
	check_int(parse_i64("9223372036854775808", INT64_MIN, INT64_MAX, &number), -ERANGE);
	check_int((int)number, -1000);
}

TEST(modes_are_octal)
{
	uint32_t mode = 99;

	check_int(parse_mode("0755", &mode), 0);
	check_uint(mode, 0755);
	check_int(parse_mode("7777", &mode), 0);
	check_uint(mode, 07777);
	check_int(parse_mode("8", &mode), -EINVAL);
	check_int(parse_mode("10000", &mode), -ERANGE);
	check_uint(mode, 07777);
}

TEST(truth_is_said_as_rkts_flags_say_it)
{
	const char *const yes[] = { "1", "t", "T", "true", "TRUE", "True" };
	const char *const no[] = { "0", "f", "F", "false", "FALSE", "False" };
	const char *const neither[] = { "", "yes", "no", "on", "2", "tRUE", "true ", "truee" };
	int value;

	for (size_t i = 0; i < ARRAY_LENGTH(yes); i++) {
		check_int(parse_bool(yes[i], &value), 0);
		check_int(value, 1);
		check_int(parse_bool(no[i], &value), 0);
		check_int(value, 0);
	}
	value = 99;
	for (size_t i = 0; i < ARRAY_LENGTH(neither); i++)
		check_int(parse_bool(neither[i], &value), -EINVAL);
	check_int(value, 99);
}
