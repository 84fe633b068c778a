/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cgroup/cgroup_controller.h"
#include "common/cgroup/cgroup_pod.h"
#include "tests/unit/test.h"

#define UUID  "dd09c580-7b0f-4e52-b254-1d3ec568e3d9"
#define SCOPE "machine-rkt\\x2ddd09c580\\x2d7b0f\\x2d4e52\\x2db254\\x2d1d3ec568e3d9.scope"

static struct arena arena;

static int read_record(const char *record, struct cgroup_pod *pod)
{
	struct error err = { 0 };
	int r = cgroup_pod_read(&arena, record, UUID, pod, &err);

	if (r < 0)
		check_contains(err.text, "reading the record of cgroups");
	return r;
}

TEST(a_record_is_written_and_read_back)
{
	static const char record[] = ":/sys/fs/cgroup/unified/" SCOPE "\n"
				     "cpu,cpuacct:/sys/fs/cgroup/cpu,cpuacct/a:b/" SCOPE "\n";
	struct cgroup_pod pod = CGROUP_POD_NONE;
	auto_text struct text again = { 0 };

	check_int(read_record(record, &pod), 0);
	check_uint(pod.n, 2);
	check_uint(pod.items[1].controllers, CGROUP_CPU | CGROUP_CPUACCT);
	check_uint(pod.items[0].base_length, strlen("/sys/fs/cgroup/unified"));
	check_int(cgroup_pod_write(&pod, &again), 0);
	check_text(text_string(&again), record);
	cgroup_pod_release(&pod);
}

TEST(an_empty_record_is_a_pod_without_cgroups)
{
	struct cgroup_pod pod = { .n = 3 };

	check_int(read_record("", &pod), 0);
	check_uint(pod.n, 0);
}

TEST(a_record_of_anything_else_is_refused)
{
	static const char *const bad[] = {
		"memory:/sys/fs/cgroup/memory/" SCOPE, /* no newline */
		"/sys/fs/cgroup/memory/" SCOPE "\n",   /* no controllers */
		"disk:/sys/fs/cgroup/memory/" SCOPE "\n",
		"memory:sys/fs/cgroup/" SCOPE "\n",
		"memory:/" SCOPE "\n",
		"memory:/sys/fs/cgroup/memory/../" SCOPE "\n",
		"memory:/sys/fs/cgroup/./" SCOPE "\n",
		"memory:/sys//fs/cgroup/" SCOPE "\n",
		"memory:/sys/fs/cgroup/" SCOPE "/\n",
		"memory:/sys/fs/cgroup/" SCOPE "/x\n",
		"memory:/sys/fs/cgroup/x" SCOPE "\n",
		"memory:/sys/fs/cgroup/memory\n",
		"memory:/home\n",
		"memory:\n",
		"\n",
		":\n",
	};
	struct cgroup_pod pod = { .n = 3 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(read_record(bad[i], &pod) == -EINVAL, "taken: %s", bad[i]);
	check_uint(pod.n, 3);
}

TEST(more_hierarchies_than_there_can_be_are_refused)
{
	auto_text struct text record = { 0 };
	struct cgroup_pod pod = { .n = 3 };

	for (int i = 0; i < CGROUP_MAX_HIERARCHIES + 1; i++)
		check_int(text_append(&record, ":/sys/fs/cgroup/x/" SCOPE "\n"), 0);
	check_int(read_record(text_string(&record), &pod), -EINVAL);
}

TEST(a_record_of_another_pod_is_refused)
{
	struct cgroup_pod pod = CGROUP_POD_NONE;
	struct error err = { 0 };

	check_int(cgroup_pod_read(&arena, ":/sys/fs/cgroup/" SCOPE "\n",
				  "00000000-7b0f-4e52-b254-1d3ec568e3d9", &pod, &err),
		  -EINVAL);
	check_int(cgroup_pod_read(&arena, "", "../../etc", &pod, &err), -EINVAL);
	check_contains(err.text, "no uuid");
}

TEST(a_path_that_would_break_the_record_is_not_written)
{
	struct cgroup_pod pod = { .n = 1, .items = { { .path = "/a\nb/" SCOPE } } };
	auto_text struct text record = { 0 };

	check_int(cgroup_pod_write(&pod, &record), -EINVAL);
}

TEST(a_directory_that_is_no_cgroup_is_neither_opened_nor_removed)
{
	char directory[] = "/tmp/rkt-cgroup-XXXXXX";
	char path[256], record[512];
	struct cgroup_pod pod = CGROUP_POD_NONE;
	struct error err = { 0 };

	ck_assert_ptr_nonnull(mkdtemp(directory));
	(void)snprintf(path, sizeof(path), "%s/%s", directory, SCOPE);
	check_int(mkdir(path, 0755), 0);
	(void)snprintf(record, sizeof(record), ":%s\n", path);
	check_int(read_record(record, &pod), 0);
	check_int(cgroup_pod_open(&pod, &err), -EINVAL);
	check_contains(err.text, "not a cgroup");
	check_int(rmdir(path), 0);
	check_int(rmdir(directory), 0);
}

TEST(a_link_to_a_cgroup_is_not_followed)
{
	char directory[] = "/tmp/rkt-cgroup-XXXXXX";
	char path[256], record[512];
	struct cgroup_pod pod = CGROUP_POD_NONE;
	struct error err = { 0 };

	ck_assert_ptr_nonnull(mkdtemp(directory));
	(void)snprintf(path, sizeof(path), "%s/%s", directory, SCOPE);
	check_int(symlink("/sys/fs/cgroup", path), 0);
	(void)snprintf(record, sizeof(record), ":%s\n", path);
	check_int(read_record(record, &pod), 0);
	check_int(cgroup_pod_open(&pod, &err), -ELOOP);
	check_int(unlink(path), 0);
	check_int(rmdir(directory), 0);
}

TEST(what_is_gone_is_opened_as_nothing_and_removed_as_nothing)
{
	struct cgroup_pod pod = CGROUP_POD_NONE;
	struct error err = { 0 };

	check_int(read_record(":/tmp/there-is-no-such-directory/" SCOPE "\n", &pod), 0);
	check_ok(cgroup_pod_open(&pod, &err), &err);
	check_int(pod.items[0].scope_fd, FD_NONE);
	check_ok(cgroup_pod_kill(&pod, 10, &err), &err);
	check_ok(cgroup_pod_remove(&pod, 10, &err), &err);
	cgroup_pod_release(&pod);
}
