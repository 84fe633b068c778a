/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test.h - a unit test: TEST(a_sentence_about_what_holds) { check_…(…); }
 *
 * Runner:     Check (libcheck), one process for each test, so a test may change
 *             namespaces, ids and limits freely.  Link with unit_test, which has main().
 * Skipping:   test_need_*() end a test that this machine cannot run, with a
 *             line that says why; under TESTS_MUST_RUN=1 that is a failure.
 */
#pragma once

#include <check.h>
#include <stdbool.h>
#include <string.h>

#include "common/base/error.h"

struct test_case {
	const char *name;
	const TTest *function;
	struct test_case *next;
};

void test_register(struct test_case *test);

#define TEST(title)                                                                                \
	static void test_##title(int);                                                             \
	static const TTest check_##title = { #title, test_##title, __FILE__, __LINE__ };           \
	static struct test_case case_##title = { .name = #title, .function = &check_##title };     \
	__attribute__((__constructor__)) static void register_##title(void)                        \
	{                                                                                          \
		test_register(&case_##title);                                                      \
	}                                                                                          \
	static void test_##title(int loop_index __attribute__((__unused__)))

#define check_int(got, want)  ck_assert_int_eq((got), (want))
#define check_uint(got, want) ck_assert_uint_eq((got), (want))
#define check_text(got, want) ck_assert_str_eq((got), (want))
#define check_true(what)      ck_assert((what))
#define check_contains(text, part)                                                                 \
	ck_assert_msg(strstr((text), (part)) != NULL, "\"%s\" has no \"%s\"", (text), (part))

/* r must be 0; prints err's text when it is not. */
#define check_ok(r, err) ck_assert_msg((r) >= 0, "%s", (err)->text)

/* Ends the test as skipped (or failed under TESTS_MUST_RUN=1). */
void test_skip(const char *why) __attribute__((__noreturn__));

/* Ends the test unless it runs as root in the first user namespace. */
void test_need_root(void);

/* A private mount namespace, nothing of it visible outside; needs root. */
void test_enter_mount_namespace(void);

/* Makes a directory of a name that ends with XXXXXX, as mkdtemp(3); it goes with all that is in it
 * when the test has passed.  At most 16 for each test. */
void test_make_directory(char *path);
