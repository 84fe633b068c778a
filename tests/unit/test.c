/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

static struct test_case *all_tests;

void test_register(struct test_case *test)
{
	test->next = all_tests;
	all_tests = test;
}

void test_skip(const char *why)
{
	const char *must = getenv("TESTS_MUST_RUN");

	if (must != NULL && strcmp(must, "1") == 0)
		ck_abort_msg("must run, but: %s", why);
	printf("SKIP: %s\n", why);
	(void)fflush(stdout);
	_exit(0);
}

void test_need_root(void)
{
	if (geteuid() != 0)
		test_skip("needs root");
}

void test_enter_mount_namespace(void)
{
	test_need_root();
	if (unshare(CLONE_NEWNS) < 0)
		test_skip("needs a mount namespace");
	ck_assert_int_eq(mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
}

int main(void)
{
	Suite *suite = suite_create("unit");
	SRunner *runner = srunner_create(suite);
	int n_failed;

	for (struct test_case *test = all_tests; test != NULL; test = test->next) {
		TCase *tcase = tcase_create(test->name);

		tcase_set_timeout(tcase, 60);
		tcase_add_test(tcase, test->function);
		suite_add_tcase(suite, tcase);
	}
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
