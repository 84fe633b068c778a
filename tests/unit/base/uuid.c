/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/uuid.h"

#include "common/base/cleanup.h"
#include "tests/unit/test.h"

TEST(a_generated_uuid_is_valid_version_4_and_new_each_time)
{
	struct error err = { 0 };
	struct uuid first, second;

	check_ok(uuid_generate(&first, &err), &err);
	check_ok(uuid_generate(&second, &err), &err);
	check_true(uuid_is_valid(first.text));
	check_true(uuid_is_valid(second.text));
	check_int(first.text[14], '4');
	check_true(strchr("89ab", first.text[19]) != NULL);
	check_true(strcmp(first.text, second.text) != 0);
}

TEST(the_usual_form_is_valid)
{
	check_true(uuid_is_valid("01234567-89ab-4def-8123-456789abcdef"));
}

TEST(nothing_else_becomes_a_path)
{
	const char *const cases[] = { "",
				      ".",
				      "..",
				      "../../../../../../../etc/passwd/aaaaa",
				      "01234567-89AB-4DEF-8123-456789ABCDEF",
				      "01234567-89ab-4def-8123-456789abcde",
				      "01234567-89ab-4def-8123-456789abcdef0",
				      "01234567-89ab-4def-8123-456789abcdef/",
				      "01234567-89ab-4def-8123456789abcdef-",
				      "0123456789ab4def8123456789abcdef",
				      "01234567-89ab-4def-8123-456789abcdeg",
				      "01234567 89ab 4def 8123 456789abcdef",
				      "-1234567-89ab-4def-8123-456789abcdef",
				      "01234567-89ab-4def-8123-456789abcde\n" };

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
		ck_assert_msg(!uuid_is_valid(cases[i]), "%s", cases[i]);
}
