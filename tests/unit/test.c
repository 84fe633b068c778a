/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include <ftw.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
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

static struct {
	char paths[16][64];
	size_t n;
	pid_t owner;
} directories;

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *place)
{
	(void)st;
	(void)type;
	(void)place;
	(void)remove(path);
	return 0;
}

static void remove_directories(void)
{
	for (size_t i = 0; getpid() == directories.owner && i < directories.n; i++)
		(void)nftw(directories.paths[i], remove_entry, 16,
			   FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

void test_make_directory(char *path)
{
	ck_assert_uint_lt(directories.n, sizeof(directories.paths) / sizeof(directories.paths[0]));
	ck_assert_ptr_nonnull(mkdtemp(path));
	(void)snprintf(directories.paths[directories.n++], sizeof(directories.paths[0]), "%s",
		       path);
	if (directories.n > 1)
		return;
	directories.owner = getpid();
	ck_assert_int_eq(atexit(remove_directories), 0);
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
