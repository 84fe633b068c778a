/* SPDX-License-Identifier: Apache-2.0 */
#include "common/supervisor/pod_cgroups.h"

#include <errno.h>

#include "common/cgroup/cgroup_controller.h"
#include "common/cgroup/cgroup_manager.h"
#include "tests/unit/cgroup/live_cgroup.h"
#include "tests/unit/pod/pod_place.h"

#define UUID       "6733c088-a507-4694-aabf-9d1c6e0c9f3d"
#define OTHER_UUID "6733c088-a507-4694-aabf-9d1c6e0c9f3e"
#define SCOPE      "machine-rkt\\x2d6733c088\\x2da507\\x2d4694\\x2daabf\\x2d9d1c6e0c9f3d.scope"

/* A machine with v1 controllers, and a v2 tree that accounts for memory. */
static const struct cgroup_host hybrid = {
	.items = { { .version = 1,
		     .controllers = CGROUP_CPU,
		     .mount_point = "/cg/cpu",
		     .own_path = "",
		     .base_path = "" },
		   { .version = 1,
		     .controllers = CGROUP_DEVICES,
		     .mount_point = "/cg/devices",
		     .own_path = "",
		     .base_path = "" },
		   { .version = 2,
		     .controllers = CGROUP_MEMORY,
		     .mount_point = "/cg/unified",
		     .own_path = "ours",
		     .base_path = "ours" } },
	.n = 3,
	.delegated = true,
};

static uint32_t controllers_at(const struct cgroup_pod *pod, const char *mount_point)
{
	for (size_t i = 0; i < pod->n; i++) {
		if (strncmp(pod->items[i].path, mount_point, strlen(mount_point)) == 0)
			return pod->items[i].controllers;
	}
	return 0;
}

static struct cgroup_pod plan_on(const struct cgroup_host *machine, struct plan *plan)
{
	struct cgroup_pod pod = CGROUP_POD_NONE;
	struct error err = { 0 };

	plan->uuid = UUID;
	check_ok(pod_cgroups_plan(&arena, machine, plan, &pod, &err), &err);
	return pod;
}

TEST(a_pod_without_limits_takes_the_v2_tree_and_all_it_accounts_for)
{
	struct plan_app app = { .name = "a" };
	struct plan plan = { .apps = &app, .n_apps = 1 };
	struct cgroup_pod pod = plan_on(&hybrid, &plan);

	check_uint(pod.n, 1);
	check_text(pod.items[0].path, "/cg/unified/ours/" SCOPE);
	check_uint(pod.items[0].controllers & CGROUP_MEMORY, CGROUP_MEMORY);
}

TEST(what_limits_an_app_is_a_hierarchy_of_the_pod)
{
	struct plan_app apps[] = {
		{ .name = "a" },
		{ .name = "b", .limits = { .has_cpu_shares = true, .cpu_shares = 2 } },
	};
	struct plan plan = { .apps = apps, .n_apps = 2 };
	struct cgroup_pod pod = plan_on(&hybrid, &plan);

	check_uint(pod.n, 2);
	check_uint(controllers_at(&pod, "/cg/cpu/"), CGROUP_CPU);
}

TEST(what_limits_the_pod_is_one_as_well)
{
	struct plan_app app = { .name = "a" };
	struct plan plan = { .apps = &app,
			     .n_apps = 1,
			     .limits = { .has_cpu_limit = true, .cpu_limit_milli = 500 } };
	struct cgroup_pod pod = plan_on(&hybrid, &plan);

	check_uint(controllers_at(&pod, "/cg/cpu/"), CGROUP_CPU);
}

TEST(a_device_policy_takes_the_v1_controller_where_it_is)
{
	struct plan_app app = { .name = "a", .device_policy = true };
	struct plan plan = { .apps = &app, .n_apps = 1 };
	struct cgroup_pod pod = plan_on(&hybrid, &plan);

	check_uint(controllers_at(&pod, "/cg/devices/"), CGROUP_DEVICES);
}

TEST(a_machine_without_cgroups_is_refused)
{
	static const struct cgroup_host none = { .n = 0 };
	struct plan_app app = { .name = "a" };
	struct plan plan = { .uuid = UUID, .apps = &app, .n_apps = 1 };
	struct cgroup_pod pod = { .n = 77 };
	struct error err = { 0 };

	check_int(pod_cgroups_plan(&arena, &none, &plan, &pod, &err), -ENOENT);
	check_uint(pod.n, 77);
}

TEST(the_record_is_found_again_even_of_cgroups_that_were_never_made)
{
	auto_place struct pod_place place = pod_place_new();
	struct plan_app app = { .name = "a", .device_policy = true };
	struct plan plan = { .apps = &app, .n_apps = 1 };
	struct cgroup_pod pod = plan_on(&hybrid, &plan), found = CGROUP_POD_NONE;
	struct error err = { 0 };
	struct stat st;

	check_ok(pod_cgroups_keep(place.fd, &pod, &err), &err);
	check_int(fstatat(place.fd, "cgroups", &st, AT_SYMLINK_NOFOLLOW), 0);
	check_int((int)(st.st_mode & 0777), 0600);
	check_ok(pod_cgroups_find(&arena, place.fd, UUID, &found, &err), &err);
	check_uint(found.n, pod.n);
	for (size_t i = 0; i < found.n; i++) {
		check_text(found.items[i].path, pod.items[i].path);
		check_uint(found.items[i].controllers, pod.items[i].controllers);
		check_int(found.items[i].scope_fd, FD_NONE);
	}
}

TEST(a_pod_that_never_had_cgroups_is_told_from_a_damaged_record)
{
	auto_place struct pod_place place = pod_place_new();
	struct cgroup_pod found = { .n = 77 };
	struct error err = { 0 };

	check_int(pod_cgroups_find(&arena, place.fd, UUID, &found, &err), -ENOENT);
	pod_place_write(&place, "cgroups", "memory:/cg/memory/" SCOPE); /* no newline */
	check_int(pod_cgroups_find(&arena, place.fd, UUID, &found, &err), -EINVAL);
	check_contains(err.text, "cut short");
	check_uint(found.n, 77);
}

TEST(a_record_that_names_anything_but_this_pod_is_refused)
{
	static const char *const records[] = {
		"memory:/sys/fs/cgroup/memory\n",
		"memory:/sys/fs/cgroup/memory/" SCOPE "/..\n",
		"memory:/\n",
		"memory:" SCOPE "\n",
		"no-controller:/cg/" SCOPE "\n",
		"/cg/" SCOPE "\n",
	};
	auto_place struct pod_place place = pod_place_new();
	struct cgroup_pod found = CGROUP_POD_NONE;
	struct error err = { 0 };

	for (size_t i = 0; i < ARRAY_LENGTH(records); i++) {
		pod_place_write(&place, "cgroups", records[i]);
		check_int(pod_cgroups_find(&arena, place.fd, UUID, &found, &err), -EINVAL);
	}
	pod_place_write(&place, "cgroups", "memory:/cg/" SCOPE "\n");
	check_int(pod_cgroups_find(&arena, place.fd, OTHER_UUID, &found, &err), -EINVAL);
}

TEST(a_directory_that_is_no_cgroup_is_not_opened_as_one)
{
	auto_place struct pod_place place = pod_place_new();
	auto_text struct text record = { 0 };
	struct cgroup_pod found = CGROUP_POD_NONE;
	struct error err = { 0 };

	check_int(mkdirat(place.fd, SCOPE, 0755), 0);
	check_int(text_printf(&record, "memory:%s/%s\n", place.path, SCOPE), 0);
	pod_place_write(&place, "cgroups", text_string(&record));
	check_int(pod_cgroups_find(&arena, place.fd, UUID, &found, &err), -EINVAL);
	check_contains(err.text, "not a cgroup");
}

TEST(a_record_is_not_written_or_read_through_a_link)
{
	auto_place struct pod_place place = pod_place_new();
	struct plan_app app = { .name = "a" };
	struct plan plan = { .apps = &app, .n_apps = 1 };
	struct cgroup_pod pod = plan_on(&hybrid, &plan), found = CGROUP_POD_NONE;
	struct error err = { 0 };

	check_int(symlinkat("elsewhere", place.fd, "cgroups"), 0);
	check_int(pod_cgroups_keep(place.fd, &pod, &err), -ELOOP);
	check_int(faccessat(place.fd, "elsewhere", F_OK, 0), -1);
	pod_place_write(&place, "elsewhere", "");
	check_int(pod_cgroups_find(&arena, place.fd, UUID, &found, &err), -ELOOP);
}

TEST(cgroups_are_made_with_the_plans_limits_and_found_by_their_record)
{
	static struct cgroup_pod pod;
	auto_place struct pod_place place = pod_place_new();
	auto_cgroup_app struct cgroup_app made = CGROUP_APP_NONE;
	auto_cgroup_pod struct cgroup_pod found = CGROUP_POD_NONE;
	auto_text struct text limit = { 0 };
	struct plan_app app = { .name = "a",
				.limits = { .has_pids_limit = true, .pids_limit = 7 } };
	struct plan plan = { .apps = &app, .n_apps = 1 };
	struct error err = { 0 };
	size_t n_limited = 0;

	detect();
	if ((cgroup_host_controllers(&host) & CGROUP_PIDS) == 0)
		test_skip("no pids controller");
	plan.uuid = uuid.text;
	check_ok(pod_cgroups_plan(&arena, &host, &plan, &pod, &err), &err);
	check_ok(pod_cgroups_keep(place.fd, &pod, &err), &err);
	current = &pod;
	(void)atexit(remove_current);
	check_ok(pod_cgroups_create(&pod, &plan, &err), &err);
	check_ok(pod_cgroups_create_app(&pod, &app, &made, &err), &err);
	for (size_t i = 0; i < made.n; i++) {
		if ((made.items[i].controllers & CGROUP_PIDS) == 0)
			continue;
		check_ok(file_read_at(made.items[i].fd, "pids.max", 32, &limit, &err), &err);
		n_limited++;
	}
	check_uint(n_limited, 1);
	check_text(text_string(&limit), "7\n");
	check_ok(pod_cgroups_find(&arena, place.fd, plan.uuid, &found, &err), &err);
	check_uint(found.n, pod.n);
	for (size_t i = 0; i < found.n; i++)
		check_true(found.items[i].scope_fd >= 0);
}
