/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/text.h"

#include "tests/unit/test.h"

TEST(an_empty_text_is_an_empty_string)
{
	auto_text struct text text = { 0 };

	check_text(text_string(&text), "");
	check_int(text_status(&text), 0);
}

TEST(appends_add_up)
{
	auto_text struct text text = { 0 };

	check_int(text_append(&text, "one"), 0);
	check_int(text_append_char(&text, ' '), 0);
	check_int(text_append_bytes(&text, "twoXX", 3), 0);
	check_int(text_printf(&text, " %d %s", 3, "four"), 0);
	check_text(text_string(&text), "one two 3 four");
	check_uint(text.length, 14);
}

TEST(a_text_grows_far_beyond_its_first_size)
{
	auto_text struct text text = { 0 };

	for (int i = 0; i < 100000; i++)
		check_int(text_printf(&text, "%d,", i % 10), 0);
	check_uint(text.length, 200000);
	check_uint(strlen(text_string(&text)), 200000);
}

TEST(bytes_may_hold_a_nul)
{
	auto_text struct text text = { 0 };

	check_int(text_append_bytes(&text, "a\0b", 3), 0);
	check_uint(text.length, 3);
	check_int(memcmp(text.data, "a\0b", 4), 0);
}

TEST(the_cap_holds_and_the_error_sticks)
{
	auto_text struct text text = { .cap = 5 };

	check_int(text_append(&text, "12345"), 0);
	check_int(text_append_char(&text, '6'), -EFBIG);
	check_int(text_append(&text, ""), -EFBIG);
	check_int(text_printf(&text, "%s", "x"), -EFBIG);
	check_int(text_status(&text), -EFBIG);
	check_text(text_string(&text), "12345");
}

TEST(a_reset_text_can_be_filled_again)
{
	auto_text struct text text = { .cap = 3 };

	check_int(text_append(&text, "1234"), -EFBIG);
	text_reset(&text);
	check_int(text_append(&text, "123"), 0);
	text_reset(&text);
	check_text(text_string(&text), "");
	check_uint(text.length, 0);
}

TEST(taking_empties_and_an_empty_text_can_be_taken)
{
	auto_text struct text text = { 0 };
	auto_free char *taken = NULL, *nothing = NULL;

	check_int(text_append(&text, "mine"), 0);
	taken = text_take(&text);
	check_text(taken, "mine");
	check_true(text.data == NULL);
	check_text(text_string(&text), "");
	nothing = text_take(&text);
	check_text(nothing, "");
}

TEST(a_text_that_failed_cannot_be_taken)
{
	auto_text struct text text = { .cap = 1 };

	check_int(text_append(&text, "12"), -EFBIG);
	check_true(text_take(&text) == NULL);
}
