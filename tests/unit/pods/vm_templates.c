/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/pods/vm_templates.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "common/base/cleanup.h"
#include "common/kernel/tree_remove.h"
#include "tests/unit/test.h"

#define OLD   "00000000000000000000000000000001"
#define YOUNG "00000000000000000000000000000002"

struct fixture {
	char path[40];
	int dir;
};

static void begin(struct fixture *fixture)
{
	static const char *const directories[] = { "vm-templates", "vm-templates/" OLD,
						   "vm-templates/" YOUNG, "vm-templates/new",
						   "vm-templates/other" };
	struct timespec times[2] = { { .tv_sec = 100 }, { .tv_sec = 100 } };

	(void)snprintf(fixture->path, sizeof(fixture->path), "/tmp/rkt-templates-XXXXXX");
	test_make_directory(fixture->path);
	fixture->dir = open(fixture->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < ARRAY_LENGTH(directories); i++)
		check_int(mkdirat(fixture->dir, directories[i], 0700), 0);
	check_int(utimensat(fixture->dir, "vm-templates/" OLD, times, 0), 0);
	times[1].tv_sec = 200;
	check_int(utimensat(fixture->dir, "vm-templates/" YOUNG, times, 0), 0);
}

static void end(struct fixture *fixture)
{
	(void)close(fixture->dir);
}

#define auto_fixture CLEANUP(end)

static bool has(const struct fixture *fixture, const char *name)
{
	return faccessat(fixture->dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void note(void *context, const char *key)
{
	(void)snprintf(context, 40, "%s", key);
}

TEST(what_was_not_used_for_long_goes)
{
	auto_fixture struct fixture fixture;
	struct error err = { 0 };
	char told[40] = "";

	begin(&fixture);
	check_ok(vm_templates_collect(fixture.dir, UINT64_C(150000000000), note, told, &err), &err);
	check_text(told, OLD);
	check_true(!has(&fixture, "vm-templates/" OLD));
	check_true(has(&fixture, "vm-templates/" YOUNG));
	check_true(!has(&fixture, "vm-templates/new"));
	check_true(has(&fixture, "vm-templates/other"));
	/* Once more: there is nothing to do. */
	told[0] = '\0';
	check_ok(vm_templates_collect(fixture.dir, UINT64_C(150000000000), note, told, &err), &err);
	check_text(told, "");
}

TEST(nothing_goes_while_a_template_is_made)
{
	auto_fixture struct fixture fixture;
	struct error err = { 0 };
	char told[40] = "";
	auto_close int lock = FD_NONE;

	begin(&fixture);
	lock = openat(fixture.dir, "vm-templates/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	check_int(flock(lock, LOCK_EX), 0);
	check_ok(vm_templates_collect(fixture.dir, UINT64_MAX, note, told, &err), &err);
	check_text(told, "");
	check_true(has(&fixture, "vm-templates/" OLD));
	check_true(has(&fixture, "vm-templates/new"));
}

TEST(a_machine_without_templates_is_fine)
{
	auto_fixture struct fixture fixture;
	struct error err = { 0 };

	begin(&fixture);
	check_ok(tree_remove(fixture.dir, "vm-templates", &err), &err);
	check_ok(vm_templates_collect(fixture.dir, UINT64_MAX, NULL, NULL, &err), &err);
	check_true(!has(&fixture, "vm-templates"));
}
