/* SPDX-License-Identifier: Apache-2.0 */
#include "common/entrypoint/planned_pod.h"

#include <errno.h>

#include "tests/unit/pod/pod_place.h"

#define UUID     "6733c088-a507-4694-aabf-9d1c6e0c9f3d"
#define IMAGE_ID "sha512-f9f1c36a605690d79c4004f567729f22864c6bc528eee6b3c4cd9d36c68e0401"

static const char pod_manifest[] =
    "{\"acVersion\":\"0.8.11\",\"acKind\":\"PodManifest\",\"apps\":[{\"name\":\"app-a\","
    "\"image\":{\"name\":\"example.com/a\",\"id\":\"" IMAGE_ID "\"},"
    "\"app\":{\"exec\":[\"/a\"],\"user\":\"0\",\"group\":\"0\"}}]}";

static const char image_manifest[] =
    "{\"acKind\":\"ImageManifest\",\"acVersion\":\"0.8.11\",\"name\":\"example.com/a\"}";

static const struct plan_traits traits = { .name = "test",
					   .own_pid = true,
					   .own_ipc = true,
					   .own_uts = true,
					   .own_network = true,
					   .host_network = true,
					   .own_api_file_systems = true,
					   .supervised = true };
static const struct stage1 stage1 = { .program = "stage1-test", .traits = &traits };

struct fixture {
	struct pod_place place;
	struct arena arena;
	struct entrypoint_call call;
	struct planned_pod planned;
	struct error err;
};

static void set_up(struct fixture *f)
{
	*f = (struct fixture){ .place = pod_place_new() };
	f->call =
	    (struct entrypoint_call){ .stage1 = &stage1, .arena = &f->arena, .name = "enter" };
	pod_place_write(&f->place, "pod", pod_manifest);
	pod_place_write(&f->place, "appsinfo/app-a/manifest", image_manifest);
}

static void tear_down(struct fixture *f)
{
	arena_release(&f->arena);
	pod_place_release(&f->place);
}

#define auto_fixture CLEANUP(tear_down)

/* Leaves out what no test of the plan can do without: a machine with cgroups. */
static void need_cgroups(int r)
{
	if (r == -ENOENT)
		test_skip("no cgroups are mounted here");
}

#define KEEP(f, ...)                                                                               \
	planned_pod_keep_arguments((f)->place.fd, (int)ARRAY_LENGTH(((char *[]){ __VA_ARGS__ })),  \
				   (char *[]){ __VA_ARGS__ }, &(f)->err)

TEST(a_pod_is_planned_as_the_arguments_ask)
{
	static char *const args[] = { "--net=none", "--hostname=h", UUID };
	auto_fixture struct fixture f;
	int r;

	set_up(&f);
	f.call.args = args;
	f.call.n = 3;
	r = planned_pod_load(&f.call, f.place.fd, &f.planned, &f.err);
	need_cgroups(r);
	check_ok(r, &f.err);
	check_text(f.planned.plan.isolator, "test");
	check_text(f.planned.plan.uuid, UUID);
	check_text(f.planned.plan.hostname, "h");
	check_uint(f.planned.plan.n_apps, 1);
	check_text(f.planned.plan.apps[0].name, "app-a");
	check_int((int)f.planned.plan.network, PLAN_NETWORK_LOOPBACK);
}

TEST(kept_arguments_lead_to_the_same_plan)
{
	auto_fixture struct fixture f;
	int r;

	set_up(&f);
	check_ok(KEEP(&f, "--net=none", "--hostname=", "--local-config", "", "--ipc=private", UUID),
		 &f.err);
	r = planned_pod_reload(&f.call, f.place.fd, &f.planned, &f.err);
	need_cgroups(r);
	check_ok(r, &f.err);
	check_text(f.planned.plan.hostname, "rkt-" UUID);
	check_text(f.planned.options.local_config, "");
	check_int((int)f.planned.options.plan.ipc, PLAN_IPC_PRIVATE);
}

TEST(kept_arguments_are_for_root_only)
{
	auto_fixture struct fixture f;
	struct stat st;

	set_up(&f);
	check_ok(KEEP(&f, "--mds-token=secret", UUID), &f.err);
	check_int(fstatat(f.place.fd, "run-arguments", &st, AT_SYMLINK_NOFOLLOW), 0);
	check_int((int)(st.st_mode & 0777), 0600);
}

TEST(arguments_of_an_earlier_run_are_replaced_whole)
{
	auto_fixture struct fixture f;
	auto_free char *kept = NULL;

	set_up(&f);
	check_ok(KEEP(&f, "--net=a-network-with-a-long-name", UUID), &f.err);
	check_ok(KEEP(&f, UUID), &f.err);
	kept = pod_place_read(&f.place, "run-arguments");
	check_text(kept, UUID);
}

TEST(a_pod_that_never_ran_has_no_arguments)
{
	auto_fixture struct fixture f;

	set_up(&f);
	check_int(planned_pod_reload(&f.call, f.place.fd, &f.planned, &f.err), -ENOENT);
	check_contains(f.err.text, "run-arguments");
}

TEST(arguments_that_were_cut_off_are_not_used)
{
	auto_fixture struct fixture f;

	set_up(&f);
	pod_place_write(&f.place, "run-arguments", UUID); /* without its NUL */
	check_int(planned_pod_reload(&f.call, f.place.fd, &f.planned, &f.err), -EINVAL);
	check_contains(f.err.text, "cut off");
	pod_place_write(&f.place, "run-arguments", "");
	check_int(planned_pod_reload(&f.call, f.place.fd, &f.planned, &f.err), -EINVAL);
}

TEST(arguments_are_not_kept_or_read_through_a_link)
{
	auto_fixture struct fixture f;

	set_up(&f);
	check_int(symlinkat("elsewhere", f.place.fd, "run-arguments"), 0);
	check_int(KEEP(&f, UUID), -ELOOP);
	check_int(faccessat(f.place.fd, "elsewhere", F_OK, 0), -1);
	pod_place_write(&f.place, "elsewhere", UUID);
	check_int(planned_pod_reload(&f.call, f.place.fd, &f.planned, &f.err), -ELOOP);
}

TEST(more_arguments_than_the_limit_are_refused)
{
	static char huge[(1 << 20) + 2];
	auto_fixture struct fixture f;

	set_up(&f);
	memset(huge, 'a', sizeof(huge) - 1);
	check_true(KEEP(&f, huge) < 0);
	check_contains(f.err.text, "keeping the arguments");
}

TEST(a_bad_argument_is_found_before_the_pod_is_read)
{
	static char *const args[] = { "--nit=none", UUID };
	auto_fixture struct fixture f;

	set_up(&f);
	f.call.args = args;
	f.call.n = 2;
	check_int(unlinkat(f.place.fd, "pod", 0), 0);
	check_int(planned_pod_load(&f.call, f.place.fd, &f.planned, &f.err), -EINVAL);
	check_contains(f.err.text, "nit");
}

TEST(a_pod_without_a_manifest_is_refused)
{
	static char *const args[] = { UUID };
	auto_fixture struct fixture f;

	set_up(&f);
	f.call.args = args;
	f.call.n = 1;
	check_int(unlinkat(f.place.fd, "pod", 0), 0);
	check_int(planned_pod_load(&f.call, f.place.fd, &f.planned, &f.err), -ENOENT);
}
