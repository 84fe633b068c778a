/* SPDX-License-Identifier: Apache-2.0 */
/* What the limits and the device policy of a cgroup do to those in it. */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "common/base/file.h"
#include "common/cgroup/cgroup_controller.h"
#include "common/cgroup/cgroup_devices.h"
#include "common/cgroup/cgroup_manager.h"
#include "tests/unit/cgroup/live_cgroup.h"

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
