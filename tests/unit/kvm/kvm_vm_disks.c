/* SPDX-License-Identifier: Apache-2.0 */
/* Apps of one image share its disk. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "stage1-kvm/vm_disks.h"
#include "tests/unit/test.h"

#define APPS 7

static struct plan_app apps[APPS] = { { .name = "a" }, { .name = "b" }, { .name = "c" },
				      { .name = "d" }, { .name = "e" }, { .name = "f" },
				      { .name = "g" } };

/* of[i]: whose image app i has, 0: none. */
static int make_pod(const char *of)
{
	char path[] = "/tmp/rkt-disks-XXXXXX", name[64];
	struct error err = { 0 };
	int pod;

	test_make_directory(path);
	pod = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; of[i] != '\0'; i++) {
		auto_close int image = FD_NONE;
		char store[] = { of[i], '\0' };

		(void)snprintf(name, sizeof(name), "appsinfo/%s", apps[i].name);
		check_ok(file_make_directories(pod, name, 0755, &err), &err);
		if (of[i] == '0')
			continue;
		image = openat(pod, store, O_WRONLY | O_CREAT | O_CLOEXEC, 0400);
		check_true(image >= 0);
		(void)snprintf(name, sizeof(name), "appsinfo/%s/image.erofs", apps[i].name);
		check_int(linkat(pod, store, pod, name, 0), 0);
	}
	return pod;
}

static int find(const char *of, struct arena *arena, struct vm_disks *ret, struct error *err)
{
	const struct plan plan = { .apps = apps, .n_apps = strlen(of) };
	auto_close int pod = make_pod(of);

	return vm_disks_find(arena, pod, &plan, ret, err);
}

TEST(each_image_is_one_disk)
{
	auto_arena struct arena arena = { 0 };
	struct vm_disks disks = { 0 };
	struct error err = { 0 };

	check_ok(find("xyxzyxx", &arena, &disks, &err), &err);
	check_true(disks.is_whole);
	check_uint(disks.n, 3);
	for (size_t i = 0; i < APPS; i++)
		check_uint(disks.of_app[i], (size_t)("0102100"[i] - '0'));
	check_text(disks.paths[1], "appsinfo/b/image.erofs");
}

TEST(an_app_without_a_disk_is_told)
{
	auto_arena struct arena arena = { 0 };
	struct vm_disks disks = { 0 };
	struct error err = { 0 };

	check_ok(find("0x", &arena, &disks, &err), &err);
	check_true(!disks.is_whole);
	check_uint(disks.n, 1);
	check_uint(disks.of_app[0], VM_DISK_NONE);
	check_uint(disks.of_app[1], 0);
}

TEST(there_is_room_for_few_images)
{
	auto_arena struct arena arena = { 0 };
	struct vm_disks disks = { 0 };
	struct error err = { 0 };

	check_ok(find("uvxyz", &arena, &disks, &err), &err);
	check_uint(disks.n, VM_DISKS_MAX);
}

TEST(more_images_than_that_are_refused)
{
	auto_arena struct arena arena = { 0 };
	struct vm_disks disks = { 0 };
	struct error err = { 0 };

	check_int(find("uvxyzw", &arena, &disks, &err), -E2BIG);
	check_contains(err.text, "more than 5 images");
}
