/* SPDX-License-Identifier: Apache-2.0 */
/* On the cgroups of this machine: a pod named by a uuid of the test's own, removed at the end. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/uuid.h"
#include "common/cgroup/cgroup_app.h"
#include "common/cgroup/cgroup_controller.h"
#include "common/cgroup/cgroup_devices.h"
#include "common/cgroup/cgroup_manager.h"
#include "common/cgroup/cgroup_pod.h"
#include "common/kernel/syscall.h"
#include "tests/unit/test.h"

#define ENOUGH_MS 5000

static struct arena arena;
static struct uuid uuid;
static struct cgroup_host host;
static const struct cgroup_limits no_limits;

/* A test's cgroups go when its process exits, even when a check failed: hence no pod of these
 * tests is on the stack, nor released. */
static struct cgroup_pod *current;

static void remove_current(void)
{
	struct error err = { 0 };

	if (current == NULL)
		return;
	if (cgroup_pod_kill(current, ENOUGH_MS, &err) < 0 ||
	    cgroup_pod_remove(current, ENOUGH_MS, &err) < 0)
		(void)fprintf(stderr, "%s\n", err.text);
	current = NULL;
}

static void detect(void)
{
	struct error err = { 0 };
	int r;

	test_need_root();
	r = cgroup_host_detect(&arena, &host, &err);
	if (r == -ENOENT)
		test_skip("no cgroups are mounted here");
	check_ok(r, &err);
	check_ok(uuid_generate(&uuid, &err), &err);
}

static void make_pod(struct cgroup_pod *pod, uint32_t controllers,
		     const struct cgroup_limits *limits)
{
	const struct cgroup_pod_request request = { .uuid = uuid.text, .controllers = controllers };
	struct error err = { 0 };
	int r;

	check_ok(cgroup_pod_plan(&arena, &host, &request, pod, &err), &err);
	r = cgroup_pod_create(pod, limits, &err);
	if (r == -EROFS || r == -EACCES || r == -EPERM)
		test_skip("the cgroups are not ours to change");
	check_ok(r, &err);
	current = pod;
	(void)atexit(remove_current);
}

static struct cgroup_app make_app(const struct cgroup_pod *pod, const char *name,
				  const struct cgroup_limits *limits)
{
	const struct cgroup_app_request request = { .name = name, .limits = *limits };
	struct cgroup_app app = CGROUP_APP_NONE;
	struct error err = { 0 };

	check_ok(cgroup_app_create(pod, &request, &app, &err), &err);
	return app;
}

/* A child in the app; it runs body and ends with its result. */
static pid_t start_in(const struct cgroup_app *app, int (*body)(void))
{
	int fd = cgroup_app_clone_fd(app);
	struct clone_args args = {
		.exit_signal = SIGCHLD,
		.flags = fd >= 0 ? CLONE_INTO_CGROUP : 0,
		.cgroup = fd >= 0 ? (unsigned long long)fd : 0,
	};
	struct error err = { 0 };
	pid_t pid = syscall_clone3(&args);

	ck_assert_msg(pid >= 0, "clone3: %s", strerror(errno));
	if (pid == 0)
		_exit(cgroup_app_join(app, fd >= 0, &err) < 0 ? 99 : body());
	return pid;
}

static int sleep_long(void)
{
	(void)sleep(60);
	return 0;
}

static int wait_for(pid_t pid)
{
	int status = -1;

	check_int(waitpid(pid, &status, 0), pid);
	return status;
}

static int count(pid_t pid __attribute__((__unused__)), void *data)
{
	++*(int *)data;
	return 0;
}

static int count_in_pod(const struct cgroup_pod *pod)
{
	struct error err = { 0 };
	int n = 0;

	check_ok(cgroup_pod_processes(pod, count, &n, &err), &err);
	return n;
}

/* Waits until n processes are in the app: a child joins when it gets to it. */
static void wait_for_count(const struct cgroup_app *app, int n)
{
	struct error err = { 0 };

	for (int tries = 0; tries < 2000; tries++) {
		int got = 0;

		check_ok(cgroup_app_processes(app, count, &got, &err), &err);
		if (got >= n)
			return;
		(void)usleep(1000);
	}
	ck_abort_msg("%d processes never came", n);
}

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

static int eat_memory(void)
{
	size_t size = (size_t)64 << 20;
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return 1;
	for (size_t i = 0; i < size; i += 4096)
		memory[i] = 1;
	return 0;
}

TEST(an_app_beyond_its_memory_is_killed_and_that_is_known)
{
	static struct cgroup_pod pod;
	auto_cgroup_app struct cgroup_app app = CGROUP_APP_NONE;
	const struct cgroup_limits limits = { .has_memory_limit = true,
					      .memory_limit_bytes = 16 << 20 };
	struct error err = { 0 };

	detect();
	if ((cgroup_host_controllers(&host) & CGROUP_MEMORY) == 0)
		test_skip("no memory controller");
	make_pod(&pod, CGROUP_MEMORY, &no_limits);
	app = make_app(&pod, "hog", &limits);
	check_int(cgroup_app_oom_killed(&app, &err), 0);
	check_int(wait_for(start_in(&app, eat_memory)), SIGKILL);
	check_int(cgroup_app_oom_killed(&app, &err), 1);
}

TEST(the_pods_memory_bounds_its_apps)
{
	static struct cgroup_pod pod;
	auto_cgroup_app struct cgroup_app app = CGROUP_APP_NONE;
	const struct cgroup_limits limits = { .has_memory_limit = true,
					      .memory_limit_bytes = 16 << 20 };

	detect();
	if ((cgroup_host_controllers(&host) & CGROUP_MEMORY) == 0)
		test_skip("no memory controller");
	make_pod(&pod, CGROUP_MEMORY, &limits);
	app = make_app(&pod, "hog", &no_limits);
	check_int(wait_for(start_in(&app, eat_memory)), SIGKILL);
}

static int fork_five(void)
{
	for (int i = 0; i < 5; i++) {
		pid_t pid = fork();

		if (pid < 0)
			return errno == EAGAIN ? i : 98;
		if (pid == 0)
			return sleep_long();
	}
	return 97;
}

TEST(an_app_has_no_more_processes_than_its_limit)
{
	static struct cgroup_pod pod;
	auto_cgroup_app struct cgroup_app app = CGROUP_APP_NONE;
	const struct cgroup_limits limits = { .has_pids_limit = true, .pids_limit = 3 };
	int status;

	detect();
	if ((cgroup_host_controllers(&host) & CGROUP_PIDS) == 0)
		test_skip("no pids controller");
	make_pod(&pod, CGROUP_PIDS, &no_limits);
	app = make_app(&pod, "bomb", &limits);
	status = wait_for(start_in(&app, fork_five));
	check_true(WIFEXITED(status));
	check_int(WEXITSTATUS(status), 2);
}

TEST(cpu_limits_are_set)
{
	static struct cgroup_pod pod;
	auto_cgroup_app struct cgroup_app app = CGROUP_APP_NONE;
	const struct cgroup_limits limits = { .has_cpu_limit = true,
					      .cpu_limit_milli = 500,
					      .has_cpu_shares = true,
					      .cpu_shares = 2048 };
	auto_text struct text text = { 0 };
	struct error err = { 0 };

	detect();
	if ((cgroup_host_controllers(&host) & CGROUP_CPU) == 0)
		test_skip("no cpu controller");
	make_pod(&pod, CGROUP_CPU, &limits);
	app = make_app(&pod, "a", &limits);
	for (size_t i = 0; i < app.n; i++) {
		bool v2 = app.items[i].manager->version == 2;

		if ((app.items[i].controllers & CGROUP_CPU) == 0)
			continue;
		check_ok(file_read_at(app.items[i].fd, v2 ? "cpu.max" : "cpu.cfs_quota_us", 64,
				      &text, &err),
			 &err);
		check_ok(file_read_at(app.items[i].fd, v2 ? "cpu.weight" : "cpu.shares", 64, &text,
				      &err),
			 &err);
		check_text(text_string(&text), v2 ? "50000 100000\n200\n" : "50000\n2048\n");
	}
	check_true(text.length > 0);
}

/* Device nodes on a file system that allows them, away from everybody's sight. */
static int try_devices(void)
{
	int fd;

	if (unlink("/tmp/rkt-device-test") < 0 && errno != ENOENT)
		return 1;
	fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return 2;
	/* The loop control device, major 10: not one that every app has. */
	if (mknod("/tmp/rkt-device-test", S_IFCHR | 0600, makedev(10, 237)) < 0)
		return 3;
	fd = open("/tmp/rkt-device-test", O_RDWR | O_CLOEXEC);
	(void)unlink("/tmp/rkt-device-test");
	if (fd >= 0)
		return 4;
	return errno == EPERM ? 0 : 5;
}

static void check_policy(struct cgroup_pod *pod)
{
	const struct cgroup_app_request request = { .name = "a", .device_policy = true };
	auto_cgroup_app struct cgroup_app app = CGROUP_APP_NONE;
	struct error err = { 0 };
	int status;

	check_ok(cgroup_app_create(pod, &request, &app, &err), &err);
	status = wait_for(start_in(&app, try_devices));
	check_true(WIFEXITED(status));
	check_int(WEXITSTATUS(status), 0);
}

TEST(a_device_policy_closes_all_but_the_usual_devices)
{
	static struct cgroup_pod pod;

	detect();
	if ((cgroup_host_controllers(&host) & CGROUP_DEVICES) == 0)
		test_skip("no device controller");
	make_pod(&pod, CGROUP_DEVICES, &no_limits);
	check_policy(&pod);
}

TEST(in_v2_the_device_policy_is_a_program)
{
	static struct cgroup_pod pod;
	size_t n = 0;

	detect();
	for (size_t i = 0; i < host.n; i++) {
		if (host.items[i].version == 2)
			host.items[n++] = host.items[i];
	}
	if (n == 0)
		test_skip("no v2 tree");
	host.n = n;
	make_pod(&pod, CGROUP_DEVICES, &no_limits);
	check_policy(&pod);
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
