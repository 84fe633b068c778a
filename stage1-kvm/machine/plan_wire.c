/* SPDX-License-Identifier: Apache-2.0 */
/* Each member is named once, for both ways: who passes a value writes it, or gets what was read. */
#include "stage1-kvm/machine/plan_wire.h"

#include <errno.h>
#include <string.h>

#include "common/base/cleanup.h"

#define NUMBER_SIZE 8
#define NUMBERS(n)  ((uint64_t)(n))

struct wire {
	struct arena *arena;
	struct text *out; /* NULL: what is passed is read */
	const char *data;
	size_t left;
	int failed; /* 0, or -errno: all that is read from then on is 0 or NULL */
};

static void fail(struct wire *wire, int code)
{
	if (wire->failed == 0)
		wire->failed = code;
	wire->left = 0;
}

static uint64_t pass_u64(struct wire *wire, uint64_t value)
{
	unsigned char bytes[NUMBER_SIZE];

	for (size_t i = 0; wire->out != NULL && i < NUMBER_SIZE; i++)
		bytes[i] = (unsigned char)(value >> (8 * i));
	if (wire->out != NULL) {
		if (text_append_bytes(wire->out, (const char *)bytes, NUMBER_SIZE) < 0)
			fail(wire, -ENOMEM);
		return value;
	}
	if (wire->left < NUMBER_SIZE) {
		fail(wire, -EPROTO);
		return 0;
	}
	memcpy(bytes, wire->data, NUMBER_SIZE);
	wire->data += NUMBER_SIZE;
	wire->left -= NUMBER_SIZE;
	value = 0;
	for (size_t i = 0; i < NUMBER_SIZE; i++)
		value |= (uint64_t)bytes[i] << (8 * i);
	return value;
}

/* Less than limit. */
static uint64_t pass_below(struct wire *wire, uint64_t value, uint64_t limit)
{
	value = pass_u64(wire, value);
	if (value < limit)
		return value;
	fail(wire, -EPROTO);
	return 0;
}

/* One of limit kinds. */
static unsigned pass_kind(struct wire *wire, unsigned value, unsigned limit)
{
	return (unsigned)pass_below(wire, value, limit);
}

static bool pass_bool(struct wire *wire, bool value)
{
	return pass_below(wire, value, 2) != 0;
}

static uint32_t pass_u32(struct wire *wire, uint32_t value)
{
	return (uint32_t)pass_below(wire, value, NUMBERS(UINT32_MAX) + 1);
}

static int pass_int(struct wire *wire, int value)
{
	return (int)pass_u32(wire, (uint32_t)value);
}

/* A text that may be missing: NULL. */
static const char *pass_optional(struct wire *wire, const char *text)
{
	size_t size = pass_u64(wire, text == NULL ? 0 : strlen(text) + 1);

	if (size == 0)
		return NULL;
	if (wire->out != NULL) {
		if (text_append_bytes(wire->out, text, size) < 0)
			fail(wire, -ENOMEM);
		return text;
	}
	if (size > wire->left || memchr(wire->data, '\0', size) != wire->data + size - 1) {
		fail(wire, -EPROTO);
		return NULL;
	}
	text = wire->data;
	wire->data += size;
	wire->left -= size;
	return text;
}

static const char *pass_text(struct wire *wire, const char *text)
{
	text = pass_optional(wire, text);
	if (text == NULL)
		fail(wire, -EPROTO);
	return text;
}

/* An array of its own for *n items, which are still to be passed; when they are written it has what
 * items has.  Each begins with a number. */
static void *pass_array(struct wire *wire, const void *items, size_t *n, size_t size)
{
	void *copy = NULL;

	*n = pass_u64(wire, *n);
	if (wire->out == NULL && *n > wire->left / NUMBER_SIZE)
		fail(wire, -EPROTO);
	if (wire->failed == 0)
		copy = arena_alloc(wire->arena, *n + 1, size);
	if (wire->failed == 0 && copy == NULL)
		fail(wire, -ENOMEM);
	if (copy == NULL)
		*n = 0;
	else if (wire->out != NULL && items != NULL)
		memcpy(copy, items, *n * size);
	return copy;
}

/* NULL behind the last. */
static void pass_strings(struct wire *wire, struct plan_strings *strings)
{
	const char **items = pass_array(wire, strings->items, &strings->n, sizeof(*items));

	for (size_t i = 0; i < strings->n; i++)
		items[i] = pass_text(wire, items[i]);
	strings->items = items;
}

static void pass_limits(struct wire *wire, struct plan_limits *limits)
{
	limits->has_memory_limit = pass_bool(wire, limits->has_memory_limit);
	limits->has_memory_request = pass_bool(wire, limits->has_memory_request);
	limits->has_cpu_limit = pass_bool(wire, limits->has_cpu_limit);
	limits->has_cpu_shares = pass_bool(wire, limits->has_cpu_shares);
	limits->has_pids_limit = pass_bool(wire, limits->has_pids_limit);
	limits->memory_limit_bytes = pass_u64(wire, limits->memory_limit_bytes);
	limits->memory_request_bytes = pass_u64(wire, limits->memory_request_bytes);
	limits->cpu_limit_milli = pass_u64(wire, limits->cpu_limit_milli);
	limits->cpu_shares = pass_u64(wire, limits->cpu_shares);
	limits->pids_limit = pass_u64(wire, limits->pids_limit);
}

static void pass_seccomp(struct wire *wire, struct plan_seccomp *seccomp)
{
	seccomp->mode = pass_kind(wire, seccomp->mode, PLAN_SECCOMP_DENY_LIST + 1);
	seccomp->errno_name = pass_optional(wire, seccomp->errno_name);
	seccomp->known_set = pass_optional(wire, seccomp->known_set);
	pass_strings(wire, &seccomp->calls);
}

static void pass_mount(struct wire *wire, struct plan_mount *mount)
{
	mount->kind = pass_kind(wire, mount->kind, PLAN_MOUNT_EMPTY + 1);
	mount->volume = pass_text(wire, mount->volume);
	mount->source = pass_optional(wire, mount->source);
	mount->target = pass_text(wire, mount->target);
	mount->read_only = pass_bool(wire, mount->read_only);
	mount->recursive = pass_bool(wire, mount->recursive);
	mount->mode = pass_u32(wire, mount->mode);
	mount->uid = pass_u32(wire, mount->uid);
	mount->gid = pass_u32(wire, mount->gid);
	mount->from_image = pass_bool(wire, mount->from_image);
}

static void pass_mounts(struct wire *wire, struct plan_app *app)
{
	struct plan_mount *mounts = pass_array(wire, app->mounts, &app->n_mounts, sizeof(*mounts));

	for (size_t i = 0; i < app->n_mounts; i++)
		pass_mount(wire, &mounts[i]);
	app->mounts = mounts;
}

static void pass_etc_file(struct wire *wire, struct plan_etc_file *file)
{
	file->source = pass_kind(wire, file->source, PLAN_ETC_GENERATED_IF_MISSING + 1);
	file->content = pass_optional(wire, file->content);
}

static void pass_rlimits(struct wire *wire, struct plan_app *app)
{
	struct plan_rlimit *rlimits =
	    pass_array(wire, app->rlimits, &app->n_rlimits, sizeof(*rlimits));

	for (size_t i = 0; i < app->n_rlimits; i++) {
		rlimits[i].resource = pass_int(wire, rlimits[i].resource);
		rlimits[i].name = pass_text(wire, rlimits[i].name);
		rlimits[i].soft = pass_u64(wire, rlimits[i].soft);
		rlimits[i].hard = pass_u64(wire, rlimits[i].hard);
	}
	app->rlimits = rlimits;
}

static void pass_groups(struct wire *wire, struct plan_app *app)
{
	uint32_t *groups =
	    pass_array(wire, app->supplementary_gids, &app->n_supplementary_gids, sizeof(*groups));

	for (size_t i = 0; i < app->n_supplementary_gids; i++)
		groups[i] = pass_u32(wire, groups[i]);
	app->supplementary_gids = groups;
}

static const struct plan_handler *pass_handlers(struct wire *wire,
						const struct plan_handler *handlers, size_t *n)
{
	struct plan_handler *all = pass_array(wire, handlers, n, sizeof(*all));

	for (size_t i = 0; i < *n; i++)
		pass_strings(wire, &all[i].argv);
	return all;
}

static void pass_process(struct wire *wire, struct plan_app *app)
{
	app->name = pass_text(wire, app->name);
	pass_strings(wire, &app->argv);
	pass_strings(wire, &app->environment);
	app->working_directory = pass_text(wire, app->working_directory);
	app->user = pass_text(wire, app->user);
	app->group = pass_text(wire, app->group);
	pass_groups(wire, app);
	app->capabilities = pass_u64(wire, app->capabilities);
	pass_seccomp(wire, &app->seccomp);
	app->no_new_privileges = pass_bool(wire, app->no_new_privileges);
	pass_rlimits(wire, app);
	app->has_oom_score_adj = pass_bool(wire, app->has_oom_score_adj);
	app->oom_score_adj = pass_int(wire, app->oom_score_adj);
	app->apparmor_profile = pass_optional(wire, app->apparmor_profile);
	app->selinux_context = pass_optional(wire, app->selinux_context);
}

static void pass_surroundings(struct wire *wire, struct plan_app *app)
{
	pass_limits(wire, &app->limits);
	app->device_policy = pass_bool(wire, app->device_policy);
	pass_mounts(wire, app);
	app->read_only_root = pass_bool(wire, app->read_only_root);
	app->protect_paths = pass_bool(wire, app->protect_paths);
	pass_etc_file(wire, &app->resolv_conf);
	pass_etc_file(wire, &app->hosts);
	pass_etc_file(wire, &app->hostname);
}

static void pass_life(struct wire *wire, struct plan_app *app)
{
	app->pre_start = pass_handlers(wire, app->pre_start, &app->n_pre_start);
	app->post_stop = pass_handlers(wire, app->post_stop, &app->n_post_stop);
	app->stop_signal = pass_int(wire, app->stop_signal);
	app->stop_grace_ms = pass_u32(wire, app->stop_grace_ms);
	app->notify = pass_bool(wire, app->notify);
}

static void pass_apps(struct wire *wire, struct plan *plan)
{
	struct plan_app *apps = pass_array(wire, plan->apps, &plan->n_apps, sizeof(*apps));

	for (size_t i = 0; i < plan->n_apps; i++) {
		pass_process(wire, &apps[i]);
		pass_surroundings(wire, &apps[i]);
		pass_life(wire, &apps[i]);
		/* What cannot be executed. */
		if (apps[i].argv.n == 0)
			fail(wire, -EPROTO);
	}
	plan->apps = apps;
}

static void pass_networks(struct wire *wire, struct plan *plan)
{
	struct plan_named_network *networks =
	    pass_array(wire, plan->networks, &plan->n_networks, sizeof(*networks));

	for (size_t i = 0; i < plan->n_networks; i++) {
		networks[i].name = pass_text(wire, networks[i].name);
		networks[i].args = pass_text(wire, networks[i].args);
	}
	plan->networks = networks;
}

static void pass_ports(struct wire *wire, struct plan *plan)
{
	struct plan_port *ports = pass_array(wire, plan->ports, &plan->n_ports, sizeof(*ports));

	for (size_t i = 0; i < plan->n_ports; i++) {
		ports[i].name = pass_text(wire, ports[i].name);
		ports[i].udp = pass_bool(wire, ports[i].udp);
		ports[i].host_port =
		    (uint16_t)pass_below(wire, ports[i].host_port, NUMBERS(UINT16_MAX) + 1);
		ports[i].pod_port =
		    (uint16_t)pass_below(wire, ports[i].pod_port, NUMBERS(UINT16_MAX) + 1);
		ports[i].host_ip = pass_optional(wire, ports[i].host_ip);
	}
	plan->ports = ports;
}

static void pass_sysctls(struct wire *wire, struct plan *plan)
{
	struct plan_sysctl *sysctls =
	    pass_array(wire, plan->sysctls, &plan->n_sysctls, sizeof(*sysctls));

	for (size_t i = 0; i < plan->n_sysctls; i++) {
		sysctls[i].key = pass_text(wire, sysctls[i].key);
		sysctls[i].value = pass_text(wire, sysctls[i].value);
	}
	plan->sysctls = sysctls;
}

static void pass_kinds(struct wire *wire, struct plan *plan)
{
	plan->isolator = pass_text(wire, plan->isolator);
	plan->uuid = pass_text(wire, plan->uuid);
	plan->hostname = pass_optional(wire, plan->hostname);
	plan->own_pid = pass_bool(wire, plan->own_pid);
	plan->own_ipc = pass_bool(wire, plan->own_ipc);
	plan->own_uts = pass_bool(wire, plan->own_uts);
	plan->own_user = pass_bool(wire, plan->own_user);
	plan->own_cgroup = pass_bool(wire, plan->own_cgroup);
	plan->own_api_file_systems = pass_bool(wire, plan->own_api_file_systems);
	plan->supervised = pass_bool(wire, plan->supervised);
	plan->network = pass_kind(wire, plan->network, PLAN_NETWORK_PLUGINS + 1);
}

static void pass_plan(struct wire *wire, struct plan *plan)
{
	if (pass_u64(wire, PLAN_WIRE_VERSION) != PLAN_WIRE_VERSION)
		fail(wire, -EPROTO);
	pass_kinds(wire, plan);
	plan->metadata_token = pass_optional(wire, plan->metadata_token);
	plan->all_networks = pass_bool(wire, plan->all_networks);
	pass_networks(wire, plan);
	pass_ports(wire, plan);
	plan->user_base = pass_u32(wire, plan->user_base);
	plan->user_count = pass_u32(wire, plan->user_count);
	plan->interactive = pass_bool(wire, plan->interactive);
	plan->strict = pass_bool(wire, plan->strict);
	plan->restart = pass_kind(wire, plan->restart, PLAN_RESTART_ALWAYS + 1);
	plan->accounting = pass_bool(wire, plan->accounting);
	plan->log_bytes = pass_u64(wire, plan->log_bytes);
	pass_limits(wire, &plan->limits);
	pass_sysctls(wire, plan);
	pass_apps(wire, plan);
}

static int tell(const struct wire *wire, const char *what, struct error *err)
{
	return wire->failed == -ENOMEM
		   ? error_set(err, ENOMEM, "%s the plan: out of memory", what)
		   : error_set(err, EPROTO, "%s the plan: it is none of this version", what);
}

int plan_wire_write(struct arena *arena, const struct plan *plan, struct text *out,
		    struct error *err)
{
	struct wire wire = { .arena = arena, .out = out };
	struct plan copy = *plan;

	pass_plan(&wire, &copy);
	return wire.failed != 0 ? tell(&wire, "writing", err) : 0;
}

int plan_wire_read(struct arena *arena, const char *data, size_t length, struct plan *ret,
		   struct error *err)
{
	struct wire wire = { .arena = arena, .data = data, .left = length };
	struct plan plan = { 0 };

	pass_plan(&wire, &plan);
	if (wire.left > 0)
		fail(&wire, -EPROTO);
	if (wire.failed != 0)
		return tell(&wire, "reading", err);
	*ret = plan;
	return 0;
}
