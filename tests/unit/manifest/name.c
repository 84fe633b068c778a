/* SPDX-License-Identifier: Apache-2.0 */
#include "common/manifest/name.h"

#include <errno.h>

#include "common/base/cleanup.h"
#include "tests/unit/test.h"

static void check_names(bool (*is_valid)(const char *), const char *const *good,
			const char *const *bad)
{
	for (; *good != NULL; good++)
		ck_assert_msg(is_valid(*good), "\"%s\" is refused", *good);
	for (; *bad != NULL; bad++)
		ck_assert_msg(!is_valid(*bad), "\"%s\" is accepted", *bad);
}

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

TEST(identifiers_are_those_of_the_spec)
{
	check_names(name_is_ac_identifier,
		    LIST("database", "example.com/database", "example.com/user~app_v1", "a", "0",
			 "sub-domain.example.com/org/product/release"),
		    LIST("", "A", "a/", "/a", "a//b", "a..b", "a b", "a-", "-a", "a/../b", "ä",
			 "a\n", "a:b", "a._b",
			 /* an example of the spec that its own rule refuses */
			 "example.com/~user/app_v1"));
}

TEST(names_are_safe_as_file_names)
{
	check_names(name_is_ac_name, LIST("database", "product-database-release", "0", "a-0"),
		    LIST("", "A", "a.b", "a/b", "..", ".", "a--b", "-a", "a-", "a_b", "a\n"));
}

TEST(names_have_a_length)
{
	char name[IDENTIFIER_MAX_LENGTH + 2];

	memset(name, 'a', sizeof(name));
	name[IDENTIFIER_MAX_LENGTH + 1] = '\0';
	check_true(!name_is_ac_identifier(name));
	name[IDENTIFIER_MAX_LENGTH] = '\0';
	check_true(name_is_ac_identifier(name));
	name[NAME_MAX_LENGTH + 1] = '\0';
	check_true(!name_is_ac_name(name));
	name[NAME_MAX_LENGTH] = '\0';
	check_true(name_is_ac_name(name));
}

TEST(image_ids_are_sha512_in_lower_case)
{
	check_names(name_is_image_id,
		    LIST("sha512-f9f1c36a605690d79c4004f567729f22",
			 "sha512-f9f1c36a605690d79c4004f567729f22864c6bc528eee6b3c4cd9d36c68e0401"),
		    LIST("", "sha512-", "sha512-f9f1c36a605690d79c4004f567729f2",
			 "sha256-f9f1c36a605690d79c4004f567729f22",
			 "sha512-F9F1C36A605690D79C4004F567729F22",
			 "sha512-f9f1c36a605690d79c4004f567729f2/",
			 "f9f1c36a605690d79c4004f567729f22",
			 "sha512-f9f1c36a605690d79c4004f567729f22864c6bc528eee6b3c4cd9d36c68e0401"
			 "f9f1c36a605690d79c4004f567729f22864c6bc528eee6b3c4cd9d36c68e04010"));
}

TEST(versions_are_semantic_and_of_a_major_we_know)
{
	check_names(name_is_ac_version,
		    LIST("0.1.0", "0.8.11", "1.30.0+git", "1.0.0-rc.1+build.5", "0.10.0",
			 "1.0.0-0a", "1.0.0+001"),
		    LIST("", "0", "0.8", "0.8.11.1", "2.0.0", "0.0.9", "v0.8.11", "00.8.11",
			 "0.08.11", "0.8.11-", "0.8.11+", "0.8.11-01", "0.8.11-a..b", "0.8.11 ",
			 "-1.0.0", "0.8.x", "1.99999999999999999999.0", "1.0.0+a+b"));
}

TEST(variables_start_with_no_digit)
{
	check_names(name_is_environment_variable,
		    LIST("DEBUG", "_0_DEBUG_0_", "DEBUG.0", "DEBUG-0", "a"),
		    LIST("", "0DEBUG", "A=B", "A B", "VERBOSE|DEBUG", ".A", "-A", "Ä", "A\n"));
}

static void check_name_of(const char *identifier, const char *want)
{
	auto_arena struct arena arena = { 0 };
	const char *name = "untouched";

	check_int(name_from_identifier(&arena, identifier, &name), 0);
	check_text(name, want);
	check_true(name_is_ac_name(name));
}

TEST(an_app_is_named_after_its_image)
{
	auto_arena struct arena arena = { 0 };
	const char *name = "untouched";

	check_name_of("example.com/reduce-worker", "reduce-worker");
	check_name_of("busybox", "busybox");
	check_name_of("example.com/app_v1.2~x", "app-v1-2-x");
	check_int(name_from_identifier(&arena, "a/", &name), -EINVAL);
	check_int(name_from_identifier(&arena, "A", &name), -EINVAL);
	check_text(name, "untouched");
}
