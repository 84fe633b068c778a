/* SPDX-License-Identifier: Apache-2.0 */
#include "common/plan/plan_json.h"

#include <stdio.h>

#include "common/json/json_writer.h"
#include "common/manifest/isolator.h"
#include "common/plan/plan_verdict.h"

static void put_list(struct json_writer *w, const char *key, const struct plan_strings *strings)
{
	json_put_strings(w, key, strings->items, strings->n);
}

/* A member is there only when it counts. */
static void put_limits(struct json_writer *w, const struct plan_limits *limits)
{
	json_begin_object(w, "limits");
	if (limits->has_memory_limit)
		json_put_u64(w, "memoryLimitBytes", limits->memory_limit_bytes);
	if (limits->has_memory_request)
		json_put_u64(w, "memoryRequestBytes", limits->memory_request_bytes);
	if (limits->has_cpu_limit)
		json_put_u64(w, "cpuLimitMilli", limits->cpu_limit_milli);
	if (limits->has_cpu_shares)
		json_put_u64(w, "cpuShares", limits->cpu_shares);
	if (limits->has_pids_limit)
		json_put_u64(w, "pidsLimit", limits->pids_limit);
	json_end_object(w);
}

static const char *seccomp_mode_name(enum plan_seccomp_mode mode)
{
	static const char *const names[] = {
		[PLAN_SECCOMP_NONE] = "none",
		[PLAN_SECCOMP_ALLOW_LIST] = "allow",
		[PLAN_SECCOMP_DENY_LIST] = "deny",
	};

	return names[mode];
}

static void put_seccomp(struct json_writer *w, const struct plan_seccomp *seccomp)
{
	json_begin_object(w, "seccomp");
	json_put_string(w, "mode", seccomp_mode_name(seccomp->mode));
	json_put_string(w, "errno", seccomp->errno_name);
	json_put_string(w, "set", seccomp->known_set);
	if (seccomp->known_set == NULL)
		put_list(w, "calls", &seccomp->calls);
	json_end_object(w);
}

static void put_capabilities(struct json_writer *w, uint64_t capabilities)
{
	json_begin_array(w, "capabilities");
	for (unsigned i = 0; i < 64; i++) {
		const char *name = isolator_capability_name(i);

		if ((capabilities >> i & 1) != 0 && name != NULL)
			json_put_string(w, NULL, name);
	}
	json_end_array(w);
}

static void put_bound(struct json_writer *w, const char *key, uint64_t bound)
{
	if (bound == UINT64_MAX)
		json_put_string(w, key, "unlimited");
	else
		json_put_u64(w, key, bound);
}

static void put_rlimits(struct json_writer *w, const struct plan_app *app)
{
	json_begin_array(w, "rlimits");
	for (size_t i = 0; i < app->n_rlimits; i++) {
		json_begin_object(w, NULL);
		json_put_string(w, "name", app->rlimits[i].name);
		put_bound(w, "soft", app->rlimits[i].soft);
		put_bound(w, "hard", app->rlimits[i].hard);
		json_end_object(w);
	}
	json_end_array(w);
}

/* Permission bits in octal, as manifests write them. */
static void put_mode(struct json_writer *w, const char *key, uint32_t mode)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%04o", (unsigned)mode);
	json_put_string(w, key, text);
}

static void put_mount(struct json_writer *w, const struct plan_mount *mount)
{
	json_begin_object(w, NULL);
	json_put_string(w, "kind", mount->kind == PLAN_MOUNT_HOST ? "host" : "empty");
	json_put_string(w, "volume", mount->volume);
	if (mount->kind == PLAN_MOUNT_HOST)
		json_put_string(w, "source", mount->source);
	json_put_string(w, "target", mount->target);
	json_put_bool(w, "readOnly", mount->read_only);
	if (mount->kind == PLAN_MOUNT_HOST) {
		json_put_bool(w, "recursive", mount->recursive);
	} else {
		put_mode(w, "mode", mount->mode);
		json_put_u64(w, "uid", mount->uid);
		json_put_u64(w, "gid", mount->gid);
	}
	if (mount->from_image)
		json_put_bool(w, "fromImage", true);
	json_end_object(w);
}

static void put_mounts(struct json_writer *w, const struct plan_app *app)
{
	json_begin_array(w, "mounts");
	for (size_t i = 0; i < app->n_mounts; i++)
		put_mount(w, &app->mounts[i]);
	json_end_array(w);
}

static void put_etc_file(struct json_writer *w, const char *key, const struct plan_etc_file *file)
{
	static const char *const names[] = {
		[PLAN_ETC_KEEP] = "keep",
		[PLAN_ETC_HOST] = "host",
		[PLAN_ETC_NETWORKS] = "networks",
		[PLAN_ETC_STAGE0] = "stage0",
		[PLAN_ETC_GENERATED] = "generated",
		[PLAN_ETC_GENERATED_IF_MISSING] = "generatedIfMissing",
	};

	json_begin_object(w, key);
	json_put_string(w, "source", names[file->source]);
	if (file->content != NULL)
		json_put_string(w, "content", file->content);
	json_end_object(w);
}

static void put_handlers(struct json_writer *w, const char *key,
			 const struct plan_handler *handlers, size_t n)
{
	json_begin_array(w, key);
	for (size_t i = 0; i < n; i++)
		put_list(w, NULL, &handlers[i].argv);
	json_end_array(w);
}

static void put_identity(struct json_writer *w, const struct plan_app *app)
{
	json_put_string(w, "name", app->name);
	put_list(w, "argv", &app->argv);
	put_list(w, "environment", &app->environment);
	json_put_string(w, "workingDirectory", app->working_directory);
	json_put_string(w, "user", app->user);
	json_put_string(w, "group", app->group);
	json_begin_array(w, "supplementaryGids");
	for (size_t i = 0; i < app->n_supplementary_gids; i++)
		json_put_u64(w, NULL, app->supplementary_gids[i]);
	json_end_array(w);
}

static void put_app(struct json_writer *w, const struct plan_app *app)
{
	json_begin_object(w, NULL);
	put_identity(w, app);
	put_capabilities(w, app->capabilities);
	put_seccomp(w, &app->seccomp);
	json_put_bool(w, "noNewPrivileges", app->no_new_privileges);
	put_rlimits(w, app);
	if (app->has_oom_score_adj)
		json_put_i64(w, "oomScoreAdj", app->oom_score_adj);
	json_put_string(w, "apparmorProfile", app->apparmor_profile);
	json_put_string(w, "selinuxContext", app->selinux_context);
	put_limits(w, &app->limits);
	json_put_bool(w, "devicePolicy", app->device_policy);
	put_mounts(w, app);
	json_put_bool(w, "readOnlyRoot", app->read_only_root);
	json_put_bool(w, "protectPaths", app->protect_paths);
	put_etc_file(w, "resolvConf", &app->resolv_conf);
	put_etc_file(w, "hosts", &app->hosts);
	put_etc_file(w, "hostname", &app->hostname);
	put_handlers(w, "preStart", app->pre_start, app->n_pre_start);
	put_handlers(w, "postStop", app->post_stop, app->n_post_stop);
	json_put_i64(w, "stopSignal", app->stop_signal);
	json_put_u64(w, "stopGraceMs", app->stop_grace_ms);
	json_put_bool(w, "notify", app->notify);
	json_end_object(w);
}

static const char *network_name(enum plan_network network)
{
	static const char *const names[] = { [PLAN_NETWORK_HOST] = "host",
					     [PLAN_NETWORK_LOOPBACK] = "loopback",
					     [PLAN_NETWORK_PLUGINS] = "plugins" };

	return names[network];
}

static void put_networks(struct json_writer *w, const struct plan *plan)
{
	json_put_bool(w, "allNetworks", plan->all_networks);
	json_begin_array(w, "networks");
	for (size_t i = 0; i < plan->n_networks; i++) {
		json_begin_object(w, NULL);
		json_put_string(w, "name", plan->networks[i].name);
		json_put_string(w, "args", plan->networks[i].args);
		json_end_object(w);
	}
	json_end_array(w);
	json_begin_array(w, "ports");
	for (size_t i = 0; i < plan->n_ports; i++) {
		json_begin_object(w, NULL);
		json_put_string(w, "name", plan->ports[i].name);
		json_put_string(w, "protocol", plan->ports[i].udp ? "udp" : "tcp");
		json_put_string(w, "hostIp", plan->ports[i].host_ip);
		json_put_u64(w, "hostPort", plan->ports[i].host_port);
		json_put_u64(w, "podPort", plan->ports[i].pod_port);
		json_end_object(w);
	}
	json_end_array(w);
}

static void put_namespaces(struct json_writer *w, const struct plan *plan)
{
	json_put_string(w, "isolator", plan->isolator);
	json_put_string(w, "uuid", plan->uuid);
	json_put_string(w, "hostname", plan->hostname);
	json_put_bool(w, "ownPid", plan->own_pid);
	json_put_bool(w, "ownIpc", plan->own_ipc);
	json_put_bool(w, "ownUts", plan->own_uts);
	json_put_bool(w, "ownUser", plan->own_user);
	json_put_bool(w, "ownCgroup", plan->own_cgroup);
	json_put_bool(w, "ownApiFileSystems", plan->own_api_file_systems);
	json_put_bool(w, "supervised", plan->supervised);
	json_put_string(w, "network", network_name(plan->network));
	if (plan->network == PLAN_NETWORK_PLUGINS)
		put_networks(w, plan);
	if (plan->own_user) {
		json_put_u64(w, "userBase", plan->user_base);
		json_put_u64(w, "userCount", plan->user_count);
	}
	json_put_bool(w, "interactive", plan->interactive);
	json_put_bool(w, "strict", plan->strict);
	json_put_string(w, "restart", plan_restart_name(plan->restart));
	json_put_bool(w, "accounting", plan->accounting);
	json_put_u64(w, "logBytes", plan->log_bytes);
}

static void put_sysctls(struct json_writer *w, const struct plan *plan)
{
	json_begin_array(w, "sysctls");
	for (size_t i = 0; i < plan->n_sysctls; i++) {
		json_begin_object(w, NULL);
		json_put_string(w, "key", plan->sysctls[i].key);
		json_put_string(w, "value", plan->sysctls[i].value);
		json_end_object(w);
	}
	json_end_array(w);
}

static void put_verdicts(struct json_writer *w, const struct plan *plan)
{
	json_begin_array(w, "verdicts");
	for (size_t i = 0; i < plan->n_verdicts; i++) {
		const struct plan_verdict *verdict = &plan->verdicts[i];

		json_begin_object(w, NULL);
		json_put_string(w, "app", verdict->app);
		json_put_string(w, "request", verdict->request);
		json_put_string(w, "asked", verdict->asked);
		json_put_string(w, "verdict", plan_verdict_kind_name(verdict->kind));
		json_put_string(w, "detail", verdict->detail);
		json_end_object(w);
	}
	json_end_array(w);
}

int plan_json_write(const struct plan *plan, bool pretty, struct text *out)
{
	struct json_writer w = { .out = out, .pretty = pretty };

	json_begin_object(&w, NULL);
	put_namespaces(&w, plan);
	put_limits(&w, &plan->limits);
	put_sysctls(&w, plan);
	json_begin_array(&w, "apps");
	for (size_t i = 0; i < plan->n_apps; i++)
		put_app(&w, &plan->apps[i]);
	json_end_array(&w);
	put_verdicts(&w, plan);
	json_end_object(&w);
	return json_writer_finish(&w);
}
