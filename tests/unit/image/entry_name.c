/* SPDX-License-Identifier: Apache-2.0 */
#include "image/entry_name.h"

#include <errno.h>

#include "tests/unit/test.h"

static void check_clean(const char *name, const char *plain)
{
	char buffer[ENTRY_NAME_SIZE];
	struct error err = { 0 };

	check_ok(entry_name_clean(name, buffer, sizeof(buffer), &err), &err);
	check_text(buffer, plain);
}

static void check_refused(const char *name, const char *why)
{
	char buffer[ENTRY_NAME_SIZE] = "untouched";
	struct error err = { 0 };

	check_int(entry_name_clean(name, buffer, sizeof(buffer), &err), -EINVAL);
	check_contains(err.text, why);
}

TEST(names_become_plain)
{
	check_clean("rootfs/bin/sh", "rootfs/bin/sh");
	check_clean("./rootfs/", "rootfs");
	check_clean("rootfs//a/./b/", "rootfs/a/b");
	check_clean("./", "");
	check_clean("rootfs/..a/b..", "rootfs/..a/b..");
}

TEST(names_that_lead_elsewhere_are_refused)
{
	check_refused("", "empty");
	check_refused("/etc/passwd", "absolute");
	check_refused("..", "\"..\"");
	check_refused("rootfs/../x", "\"..\"");
	check_refused("rootfs/x/..", "\"..\"");
}

TEST(names_have_limits)
{
	char deep[2 * ENTRY_NAME_MAX_DEPTH + 3] = "";
	char component[300];
	char longer[ENTRY_NAME_MAX_BYTES + 2];

	for (unsigned i = 0; i < ENTRY_NAME_MAX_DEPTH; i++)
		memcpy(deep + (size_t)2 * i, "a/", 3);
	check_clean("a/b", "a/b");
	{
		char buffer[ENTRY_NAME_SIZE];
		struct error err = { 0 };

		check_ok(entry_name_clean(deep, buffer, sizeof(buffer), &err), &err);
	}
	memcpy(deep + (size_t)2 * ENTRY_NAME_MAX_DEPTH, "a", 2);
	check_refused(deep, "256 directories");
	memset(component, 'a', sizeof(component));
	component[256] = '\0';
	check_refused(component, "255 bytes");
	memset(longer, 'a', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	check_refused(longer, "4096 bytes");
}

TEST(a_shown_name_holds_no_control_bytes)
{
	struct entry_name_shown shown;
	char longer[1000];

	check_text(entry_name_show("a\x1b[31m\n\x7f", &shown), "a\\x1b[31m\\x0a\\x7f");
	check_text(entry_name_show("\xc3\xa4", &shown), "\xc3\xa4");
	memset(longer, '\n', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	(void)entry_name_show(longer, &shown);
	check_true(strlen(shown.text) < sizeof(shown.text));
	check_contains(shown.text, "...");
}
