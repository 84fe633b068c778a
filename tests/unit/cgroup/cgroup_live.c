/* SPDX-License-Identifier: Apache-2.0 */
/* On the cgroups of this machine: a pod named by a uuid of the test's own, removed at the end. */
#include <fcntl.h>
#include <sys/stat.h>

#include "common/base/file.h"
#include "common/cgroup/cgroup_manager.h"
#include "tests/unit/cgroup/live_cgroup.h"
#include "tests/unit/cgroup/process_count.h"

TEST(a_pod_is_made_and_nothing_is_left_of_it)
{
	static struct cgroup_pod pod;
	auto_cgroup_app struct cgroup_app app = CGROUP_APP_NONE;
	struct error err = { 0 };

	detect();
	make_pod(&pod, UINT32_MAX, &no_limits);
	app = make_app(&pod, "web-1", &no_limits);
	check_uint(app.n, pod.n);
	for (size_t i = 0; i < pod.n; i++)
		check_int(access(pod.items[i].path, F_OK), 0);
	check_ok(cgroup_app_remove(&pod, "web-1", 0, &err), &err);
	check_ok(cgroup_app_remove(&pod, "web-1", 0, &err), &err);
	check_ok(cgroup_pod_remove(&pod, 0, &err), &err);
	for (size_t i = 0; i < pod.n; i++)
		check_int(access(pod.items[i].path, F_OK), -1);
	check_ok(cgroup_pod_remove(&pod, 0, &err), &err);
}

TEST(a_record_finds_all_again_and_removes_it_with_its_processes)
{
	static struct cgroup_pod pod;
	auto_cgroup_pod struct cgroup_pod again = CGROUP_POD_NONE;
	auto_cgroup_app struct cgroup_app app = CGROUP_APP_NONE;
	auto_text struct text record = { 0 };
	struct error err = { 0 };
	pid_t pid;

	detect();
	make_pod(&pod, UINT32_MAX, &no_limits);
	app = make_app(&pod, "a", &no_limits);
	pid = start_in(&app, sleep_long);
	wait_for_count(&app, 1);
	check_int(cgroup_pod_write(&pod, &record), 0);

	check_ok(cgroup_pod_read(&arena, text_string(&record), uuid.text, &again, &err), &err);
	check_ok(cgroup_pod_open(&again, &err), &err);
	check_int(cgroup_pod_remove(&again, 0, &err), -EBUSY);
	check_contains(err.text, "processes are in it");
	check_int(count_in_pod(&again), 1);
	check_ok(cgroup_pod_kill(&again, ENOUGH_MS, &err), &err);
	check_int(wait_for(pid), SIGKILL);
	check_ok(cgroup_pod_remove(&again, ENOUGH_MS, &err), &err);
	for (size_t i = 0; i < pod.n; i++)
		check_int(access(pod.items[i].path, F_OK), -1);
}

TEST(an_app_is_killed_alone)
{
	static struct cgroup_pod pod;
	auto_cgroup_app struct cgroup_app one = CGROUP_APP_NONE, other = CGROUP_APP_NONE;
	struct error err = { 0 };
	pid_t pid, stays;

	detect();
	make_pod(&pod, 0, &no_limits);
	one = make_app(&pod, "one", &no_limits);
	other = make_app(&pod, "other", &no_limits);
	pid = start_in(&one, sleep_long);
	stays = start_in(&other, sleep_long);
	wait_for_count(&one, 1);
	wait_for_count(&other, 1);
	check_int(count_in_pod(&pod), 2);
	check_ok(cgroup_app_kill(&one, ENOUGH_MS, &err), &err);
	check_int(wait_for(pid), SIGKILL);
	check_int(count_in_pod(&pod), 1);
	check_int(waitpid(stays, NULL, WNOHANG), 0);
	check_int(cgroup_app_oom_killed(&one, &err), 0);
	check_ok(cgroup_app_kill(&other, ENOUGH_MS, &err), &err);
	(void)wait_for(stays);
}

static int many(void)
{
	for (int i = 0; i < 150; i++) {
		if (fork() == 0)
			return sleep_long();
	}
	return sleep_long();
}

TEST(more_processes_than_one_round_takes_are_killed)
{
	static struct cgroup_pod pod;
	auto_cgroup_app struct cgroup_app app = CGROUP_APP_NONE;
	struct error err = { 0 };
	pid_t pid;

	detect();
	make_pod(&pod, 0, &no_limits);
	app = make_app(&pod, "many", &no_limits);
	pid = start_in(&app, many);
	wait_for_count(&app, 151);
	/* One by one, as v1 does it, whatever version is tracking here. */
	for (int round = 0; round < 2000 && count_in_pod(&pod) > 0; round++) {
		check_ok(cgroup_kill_listed(app.items[0].fd, &err), &err);
		(void)usleep(1000);
	}
	check_int(count_in_pod(&pod), 0);
	check_int(wait_for(pid), SIGKILL);
}

TEST(cgroups_that_an_app_made_go_as_well_however_deep)
{
	static struct cgroup_pod pod;
	auto_cgroup_app struct cgroup_app app = CGROUP_APP_NONE;
	struct error err = { 0 };
	int fd;

	detect();
	make_pod(&pod, 0, &no_limits);
	app = make_app(&pod, "deep", &no_limits);
	fd = openat(app.items[0].fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; i < 100; i++) {
		int below;

		check_int(mkdirat(fd, "x", 0755), 0);
		check_int(mkdirat(fd, "y", 0755), 0);
		below = openat(fd, "x", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		(void)close(fd);
		fd = below;
	}
	(void)close(fd);
	check_ok(cgroup_pod_remove(&pod, 0, &err), &err);
	check_int(access(pod.items[0].path, F_OK), -1);
}

TEST(pid_1_is_born_in_or_joins_the_tracking_hierarchy)
{
	static struct cgroup_pod pod;
	struct error err = { 0 };
	pid_t pid;

	detect();
	make_pod(&pod, 0, &no_limits);
	pid = fork();
	if (pid == 0)
		_exit(cgroup_pod_join(&pod, &err) < 0 ? 1 : sleep_long());
	for (int tries = 0; tries < 2000 && count_in_pod(&pod) == 0; tries++)
		(void)usleep(1000);
	check_int(count_in_pod(&pod), 1);
	check_ok(cgroup_pod_kill(&pod, ENOUGH_MS, &err), &err);
	check_int(wait_for(pid), SIGKILL);
}

TEST(an_app_that_exists_is_not_made_again_but_opened)
{
	static struct cgroup_pod pod;
	auto_cgroup_app struct cgroup_app app = CGROUP_APP_NONE, again = CGROUP_APP_NONE;
	const struct cgroup_app_request request = { .name = "a" };
	struct error err = { 0 };

	detect();
	make_pod(&pod, 0, &no_limits);
	app = make_app(&pod, "a", &no_limits);
	check_int(cgroup_app_create(&pod, &request, &again, &err), -EEXIST);
	check_contains(err.text, "app a: ");
	check_ok(cgroup_app_open(&pod, "a", &again, &err), &err);
	check_uint(again.n, pod.n);
	check_int(cgroup_app_open(&pod, "b", &again, &err), -ENOENT);
}

TEST(hostile_app_names_make_nothing)
{
	static const char *const names[] = { "", "../x", "a/b", ".", "A", "a b" };
	static struct cgroup_pod pod;
	struct cgroup_app app = CGROUP_APP_NONE;
	struct error err = { 0 };

	detect();
	make_pod(&pod, 0, &no_limits);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct cgroup_app_request request = { .name = names[i] };

		check_int(cgroup_app_create(&pod, &request, &app, &err), -EINVAL);
		check_int(cgroup_app_remove(&pod, names[i], 0, &err), -EINVAL);
	}
}

TEST(a_limit_without_its_controller_is_refused)
{
	static struct cgroup_pod pod;
	const struct cgroup_app_request request = {
		.name = "a",
		.limits = { .has_pids_limit = true, .pids_limit = 3 },
	};
	struct cgroup_app app = CGROUP_APP_NONE;
	struct error err = { 0 };

	detect();
	make_pod(&pod, 0, &no_limits);
	check_int(cgroup_app_create(&pod, &request, &app, &err), -ENOTSUP);
	check_contains(err.text, "pids");
}

/* The same machine as one that has no v2 tree. */
TEST(v1_alone_tracks_and_kills)
{
	static struct cgroup_pod pod;
	auto_cgroup_app struct cgroup_app app = CGROUP_APP_NONE;
	struct error err = { 0 };
	size_t n = 0;
	pid_t pid;

	detect();
	for (size_t i = 0; i < host.n; i++) {
		if (host.items[i].version == 1)
			host.items[n++] = host.items[i];
	}
	if (n == 0)
		test_skip("no v1 hierarchies");
	host.n = n;
	make_pod(&pod, CGROUP_PIDS, &no_limits);
	app = make_app(&pod, "many", &no_limits);
	check_int(cgroup_app_clone_fd(&app), FD_NONE);
	pid = start_in(&app, many);
	wait_for_count(&app, 151);
	check_ok(cgroup_app_kill(&app, ENOUGH_MS, &err), &err);
	check_int(wait_for(pid), SIGKILL);
	check_int(count_in_pod(&pod), 0);
}
