/* SPDX-License-Identifier: Apache-2.0 */
/* A plan that travels arrives as it was; what is no plan is refused. */
#include <errno.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/plan/plan_json.h"
#include "stage1-kvm/machine/plan_wire.h"
#include "tests/unit/test.h"

static const char *const words[] = { "/bin/a", "b c", "", NULL };
static const char *const calls[] = { "chmod", "read", NULL };
static const uint32_t groups[] = { 7, UINT32_MAX };
static const struct plan_rlimit rlimits[] = {
	{ .resource = 7, .name = "RLIMIT_NOFILE", .soft = 10, .hard = UINT64_MAX },
};
static const struct plan_mount mounts[] = {
	{ .kind = PLAN_MOUNT_HOST,
	  .volume = "data",
	  .source = "/srv",
	  .target = "/data",
	  .read_only = true,
	  .recursive = true },
	{ .kind = PLAN_MOUNT_EMPTY,
	  .volume = "tmp",
	  .target = "/tmp/deep",
	  .mode = 01777,
	  .uid = 5,
	  .gid = 6,
	  .from_image = true },
};
static const struct plan_handler handlers[] = { { .argv = { words, 3 } },
						{ .argv = { words, 1 } } };
static const struct plan_named_network networks[] = { { "default", "" }, { "n", "IP=10.1.2.3" } };
static const struct plan_port ports[] = {
	{ .name = "p", .udp = true, .host_port = UINT16_MAX, .pod_port = 53, .host_ip = "::1" },
	{ .name = "q", .host_port = 80, .pod_port = 8080 },
};
static const struct plan_sysctl sysctls[] = { { "net.ipv4.ip_forward", "1" } };
static const struct plan_app apps[] = {
	{
	    .name = "a",
	    .argv = { words, 3 },
	    .environment = { words + 1, 1 },
	    .working_directory = "/work",
	    .user = "0",
	    .group = "",
	    .supplementary_gids = groups,
	    .n_supplementary_gids = ARRAY_LENGTH(groups),
	    .capabilities = UINT64_C(0x1ffffffffff),
	    .seccomp = { .mode = PLAN_SECCOMP_DENY_LIST,
			 .errno_name = "EPERM",
			 .calls = { calls, 2 } },
	    .no_new_privileges = true,
	    .rlimits = rlimits,
	    .n_rlimits = ARRAY_LENGTH(rlimits),
	    .has_oom_score_adj = true,
	    .oom_score_adj = -1000,
	    .apparmor_profile = "profile",
	    .selinux_context = "a:b:c",
	    .limits = { .has_memory_limit = true,
			.has_memory_request = true,
			.has_cpu_limit = true,
			.has_cpu_shares = true,
			.has_pids_limit = true,
			.memory_limit_bytes = UINT64_MAX,
			.memory_request_bytes = 1,
			.cpu_limit_milli = 1500,
			.cpu_shares = 1024,
			.pids_limit = 9 },
	    .device_policy = true,
	    .mounts = mounts,
	    .n_mounts = ARRAY_LENGTH(mounts),
	    .read_only_root = true,
	    .protect_paths = true,
	    .resolv_conf = { .source = PLAN_ETC_NETWORKS },
	    .hosts = { .source = PLAN_ETC_GENERATED, .content = "127.0.0.1 localhost\n" },
	    .hostname = { .source = PLAN_ETC_GENERATED_IF_MISSING, .content = "" },
	    .pre_start = handlers,
	    .n_pre_start = 2,
	    .post_stop = handlers,
	    .n_post_stop = 1,
	    .stop_signal = 15,
	    .stop_grace_ms = 10000,
	    .notify = true,
	},
	{
	    .name = "z",
	    .argv = { words, 1 },
	    .working_directory = "/",
	    .user = "nobody",
	    .group = "/etc",
	    .seccomp = { .mode = PLAN_SECCOMP_ALLOW_LIST, .known_set = "@rkt/default-whitelist" },
	    .stop_signal = 2,
	},
};
static const struct plan whole = {
	.isolator = "kvm",
	.uuid = "6733c088-a507-4694-aabf-9d1c6e0c9f3d",
	.hostname = "host",
	.own_pid = true,
	.own_ipc = true,
	.own_uts = true,
	.own_user = true,
	.own_cgroup = true,
	.own_api_file_systems = true,
	.supervised = true,
	.network = PLAN_NETWORK_PLUGINS,
	.metadata_token = "token",
	.all_networks = true,
	.networks = networks,
	.n_networks = ARRAY_LENGTH(networks),
	.ports = ports,
	.n_ports = ARRAY_LENGTH(ports),
	.user_base = 65536,
	.user_count = UINT32_MAX,
	.interactive = true,
	.strict = true,
	.restart = PLAN_RESTART_ALWAYS,
	.accounting = true,
	.log_bytes = 1 << 20,
	.limits = { .has_pids_limit = true, .pids_limit = 100 },
	.sysctls = sysctls,
	.n_sysctls = ARRAY_LENGTH(sysctls),
	.apps = apps,
	.n_apps = ARRAY_LENGTH(apps),
};
static const struct plan_app least_app = {
	.name = "a", .argv = { words, 1 }, .working_directory = "/", .user = "", .group = ""
};
static const struct plan least = { .isolator = "kvm", .uuid = "", .apps = &least_app, .n_apps = 1 };

static void write_plan(const struct plan *plan, struct text *out)
{
	auto_arena struct arena arena = { 0 };
	struct error err = { 0 };

	check_ok(plan_wire_write(&arena, plan, out, &err), &err);
}

/* In words, all of it. */
static void check_same(const struct plan *one, const struct plan *other)
{
	auto_text struct text left = { 0 }, right = { 0 };

	check_int(plan_json_write(one, true, &left), 0);
	check_int(plan_json_write(other, true, &right), 0);
	check_text(text_string(&left), text_string(&right));
}

static void check_round(const struct plan *plan, struct plan *ret, struct arena *arena,
			struct text *wire)
{
	auto_text struct text again = { 0 };
	struct error err = { 0 };

	write_plan(plan, wire);
	check_ok(plan_wire_read(arena, text_string(wire), wire->length, ret, &err), &err);
	check_same(plan, ret);
	write_plan(ret, &again);
	check_uint(again.length, wire->length);
	check_int(memcmp(text_string(&again), text_string(wire), again.length), 0);
}

TEST(a_plan_arrives_as_it_was)
{
	auto_arena struct arena arena = { 0 };
	auto_text struct text wire = { 0 };
	struct plan plan = { 0 };
	const struct plan_app *app;

	check_round(&whole, &plan, &arena, &wire);
	app = &plan.apps[0];
	check_true(app->argv.items[3] == NULL && app->environment.items[1] == NULL);
	check_int(app->oom_score_adj, -1000);
	check_text(app->mounts[0].source, "/srv");
	check_true(app->mounts[1].source == NULL && app->mounts[1].from_image);
	check_true(app->seccomp.known_set == NULL && app->notify);
	check_uint(app->limits.memory_limit_bytes, UINT64_MAX);
	check_text(plan.metadata_token, "token");
	check_uint(plan.user_base, 65536);
	check_uint(plan.n_verdicts, 0);
}

TEST(a_plan_of_next_to_nothing_arrives_too)
{
	auto_arena struct arena arena = { 0 };
	auto_text struct text wire = { 0 };
	struct plan plan = { 0 };

	check_round(&least, &plan, &arena, &wire);
	check_true(plan.hostname == NULL && plan.metadata_token == NULL);
	check_uint(plan.apps[0].n_mounts + plan.n_sysctls + plan.n_ports, 0);
}

static void check_refused(const char *data, size_t length)
{
	auto_arena struct arena arena = { 0 };
	struct plan plan = { .uuid = "untouched" };
	struct error err = { 0 };

	check_int(plan_wire_read(&arena, data, length, &plan, &err), -EPROTO);
	check_contains(err.text, "none of this version");
	check_text(plan.uuid, "untouched");
}

TEST(a_plan_that_is_cut_off_or_goes_on_is_none)
{
	auto_text struct text wire = { 0 };

	write_plan(&whole, &wire);
	for (size_t length = 0; length < wire.length; length++)
		check_refused(text_string(&wire), length);
	check_int(text_append_bytes(&wire, "", 1), 0);
	check_refused(text_string(&wire), wire.length);
}

/* A plan with other bytes at the end of the first place where there is `was`. */
static void check_changed(const char *was, size_t length, const char *is)
{
	auto_text struct text wire = { 0 };
	char *place;

	write_plan(&whole, &wire);
	place = memmem(wire.data, wire.length, was, length);
	check_true(place != NULL);
	memcpy(place, is, length);
	check_refused(wire.data, wire.length);
}

TEST(what_means_nothing_is_refused)
{
	/* the version; a text that must be there, or has two ends; a boolean; a network */
	check_changed("\1\0\0\0\0\0\0\0\4", 9, "\2\0\0\0\0\0\0\0\4");
	check_changed("\4\0\0\0\0\0\0\0kvm", 12, "\0\0\0\0\0\0\0\0kvm");
	check_changed("kvm", 4, "k\0m");
	check_changed("kvm", 4, "kvmm");
	check_changed("host\0\1", 6, "host\0\2");
	check_changed("\2\0\0\0\0\0\0\0\6\0\0\0\0\0\0\0token", 22,
		      "\3\0\0\0\0\0\0\0\6\0\0\0\0\0\0\0token");
	/* more networks than there is room for */
	check_changed("\2\0\0\0\0\0\0\0\x08\0\0\0\0\0\0\0default", 24,
		      "\xff\xff\xff\xff\xff\xff\xff\x7f\x08\0\0\0\0\0\0\0default");
}

TEST(an_app_that_executes_nothing_is_refused)
{
	struct plan_app idle = least_app;
	struct plan plan = least;
	auto_arena struct arena arena = { 0 };
	auto_text struct text wire = { 0 };
	struct error err = { 0 };

	idle.argv.n = 0;
	plan.apps = &idle;
	check_int(plan_wire_write(&arena, &plan, &wire, &err), -EPROTO);
}
