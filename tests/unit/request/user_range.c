/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "stage0/pods/pod_collect.h"
#include "stage0/pods/user_range.h"
#include "tests/unit/test.h"

static int open_data(struct pods *pods)
{
	static char template[] = "/tmp/test-users-XXXXXX";
	struct error err = { 0 };
	int data;

	test_make_directory(template);
	data = open(template, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check_true(data >= 0);
	check_ok(pods_open(data, pods, &err), &err);
	return data;
}

TEST(two_pods_never_share_a_range)
{
	auto_pods struct pods pods = PODS_NONE;
	auto_close int data = open_data(&pods);
	struct error err = { 0 };
	uint32_t bases[32];

	check_true(data >= 0);
	for (size_t i = 0; i < ARRAY_LENGTH(bases); i++) {
		struct pod_dir pod = POD_DIR_NONE;
		struct user_map map, again;

		check_ok(pod_create(&pods, &pod, &err), &err);
		check_ok(user_range_take(&pods, &pod, &map, &err), &err);
		check_uint(map.count, USER_RANGE_SIZE);
		check_uint(map.base % USER_RANGE_SIZE, 0);
		check_int(user_range_read(pod.fd, &again, &err), 1);
		check_uint(again.base, map.base);
		bases[i] = map.base;
		for (size_t j = 0; j < i; j++)
			check_true(bases[j] != map.base);
	}
}

/* Whatever the random start: those in between are somebody's, who lives. */
TEST(the_last_free_range_is_found)
{
	enum { FIRST = 1024, END = 32768, FREE = 20000 };
	auto_pods struct pods pods = PODS_NONE;
	auto_close int data = open_data(&pods);
	auto_pod_dir struct pod_dir owner = POD_DIR_NONE, pod = POD_DIR_NONE;
	auto_close int ranges = FD_NONE;
	struct error err = { 0 };
	struct user_map map;

	check_ok(pod_create(&pods, &owner, &err), &err);
	check_ok(pod_create(&pods, &pod, &err), &err);
	check_int(mkdirat(data, "pods/users", 0700), 0);
	ranges = openat(data, "pods/users", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check_true(ranges >= 0);
	for (unsigned range = FIRST; range < END; range++) {
		auto_close int fd = FD_NONE;
		char name[sizeof("4294967295")];

		if (range == FREE)
			continue;
		(void)snprintf(name, sizeof(name), "%u", range);
		fd = openat(ranges, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		check_int(file_write_fd(fd, owner.uuid.text, strlen(owner.uuid.text)), 0);
	}
	check_ok(user_range_take(&pods, &pod, &map, &err), &err);
	check_uint(map.base, FREE * USER_RANGE_SIZE);
}

TEST(a_range_comes_back_with_its_pod)
{
	auto_pods struct pods pods = PODS_NONE;
	auto_close int data = open_data(&pods);
	auto_pod_dir struct pod_dir pod = POD_DIR_NONE;
	struct error err = { 0 };
	struct user_map map;
	char name[32];

	check_ok(pod_create(&pods, &pod, &err), &err);
	check_ok(user_range_take(&pods, &pod, &map, &err), &err);
	(void)snprintf(name, sizeof(name), "pods/users/%u", map.base / USER_RANGE_SIZE);
	check_int(faccessat(data, name, F_OK, 0), 0);
	user_range_release(&pods, &pod);
	check_int(faccessat(data, name, F_OK, 0), -1);
	user_range_release(&pods, &pod);
}

TEST(the_range_of_a_dead_taker_is_collected)
{
	auto_pods struct pods pods = PODS_NONE;
	auto_close int data = open_data(&pods);
	auto_pod_dir struct pod_dir pod = POD_DIR_NONE;
	struct error err = { 0 };
	struct user_map map;
	char name[32];

	check_ok(user_ranges_collect(&pods, &err), &err); /* nobody ever had one */
	check_ok(pod_create(&pods, &pod, &err), &err);
	check_ok(user_range_take(&pods, &pod, &map, &err), &err);
	(void)snprintf(name, sizeof(name), "pods/users/%u", map.base / USER_RANGE_SIZE);
	check_ok(user_ranges_collect(&pods, &err), &err);
	check_int(faccessat(data, name, F_OK, 0), 0);
	check_int(unlinkat(pod.fd, USER_RANGE_FILE, 0), 0); /* killed before it was written */
	pod_discard(&pods, &pod);
	check_int(faccessat(data, name, F_OK, 0), 0);
	check_ok(user_ranges_collect(&pods, &err), &err);
	check_int(faccessat(data, name, F_OK, 0), -1);
}

TEST(a_pod_without_private_users_has_no_range)
{
	auto_pods struct pods pods = PODS_NONE;
	auto_close int data = open_data(&pods);
	auto_pod_dir struct pod_dir pod = POD_DIR_NONE;
	struct user_map map = { 1, 2 };
	struct error err = { 0 };

	check_true(data >= 0);
	check_ok(pod_create(&pods, &pod, &err), &err);
	check_int(user_range_read(pod.fd, &map, &err), 0);
	check_uint(map.base, 1);
}

TEST(nonsense_in_the_pods_file_is_refused)
{
	static const char *const texts[] = { "",      "1",   "1:",           ":1",
					     "a:1",   "1:0", "4294967295:1", "4294901760:131072",
					     "1:2:3", "-1:1" };
	auto_pods struct pods pods = PODS_NONE;
	auto_close int data = open_data(&pods);
	auto_pod_dir struct pod_dir pod = POD_DIR_NONE;
	struct error err = { 0 };

	check_true(data >= 0);
	check_ok(pod_create(&pods, &pod, &err), &err);
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		struct user_map map = { 1, 2 };

		check_ok(file_replace_at(pod.fd, USER_RANGE_FILE, texts[i], 0600, &err), &err);
		ck_assert_msg(user_range_read(pod.fd, &map, &err) == -EINVAL, "%s", texts[i]);
		check_uint(map.base, 1);
	}
}
