/* SPDX-License-Identifier: Apache-2.0 */
/* The stage1 command line: host name, IPC, users, and what it switches off. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "common/base/parse.h"
#include "common/base/uuid.h"
#include "common/plan/plan_parts.h"

static bool is_hostname(const char *name)
{
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789-._");

	return length > 0 && length <= HOST_NAME_MAX && name[length] == '\0' && name[0] != '-' &&
	       name[0] != '.' && strstr(name, "..") == NULL;
}

static int plan_hostname(const struct plan_scope *scope, struct plan *ret)
{
	const char *asked = scope->options->hostname;
	struct plan_request request = { "--hostname", asked };

	if (asked != NULL && !is_hostname(asked))
		return plan_refuse(
		    scope, EINVAL,
		    "--hostname=%s: not a host name (letters, digits, -, _ and ., at "
		    "most %d)",
		    asked, HOST_NAME_MAX);
	if (!ret->own_uts)
		return asked == NULL ? 0
				     : plan_say(scope, PLAN_IGNORED, request,
						"pods of this isolator share the host's name");
	ret->hostname = asked;
	if (asked != NULL)
		return plan_enforced(scope, request);
	ret->hostname = arena_printf(scope->arena, "rkt-%s", scope->options->uuid);
	return ret->hostname == NULL ? plan_no_memory(scope) : 0;
}

/* An isolator that can leave a pod in the host's network shares its kernel, hence also its IPC. */
static int plan_ipc(const struct plan_scope *scope, struct plan *ret)
{
	const struct plan_traits *traits = scope->traits;

	ret->own_ipc = traits->own_ipc;
	if (scope->options->ipc == PLAN_IPC_PRIVATE) {
		struct plan_request request = { "--ipc", "private" };

		if (traits->own_ipc)
			return plan_enforced(scope, request);
		return plan_say(scope, PLAN_IGNORED, request,
				"pods of this isolator are in the host's IPC namespace");
	}
	if (scope->options->ipc == PLAN_IPC_PARENT) {
		struct plan_request request = { "--ipc", "parent" };

		if (traits->own_ipc && !traits->host_network)
			return plan_say(scope, PLAN_IGNORED, request,
					"pods of this isolator have a kernel of their own");
		ret->own_ipc = false;
		return plan_enforced(scope, request);
	}
	return 0;
}

static int plan_users(const struct plan_scope *scope, struct plan *ret)
{
	const struct plan_options *options = scope->options;
	struct plan_request request = { "--private-users", NULL };

	if (!options->has_private_users)
		return 0;
	if (options->user_count == 0 || options->user_count - 1 > PARSE_ID_MAX - options->user_base)
		return plan_refuse(scope, EINVAL,
				   "--private-users=%" PRIu32 ":%" PRIu32 ": not a range of ids",
				   options->user_base, options->user_count);
	request.asked = arena_printf(scope->arena, "%" PRIu32 ":%" PRIu32, options->user_base,
				     options->user_count);
	if (!scope->traits->own_user)
		return plan_say(scope, PLAN_IGNORED, request,
				"pods of this isolator use the host's ids");
	if (!scope->host->user_namespaces)
		return plan_say(scope, PLAN_IGNORED, request,
				"this kernel offers no user namespaces");
	ret->own_user = true;
	ret->user_base = options->user_base;
	ret->user_count = options->user_count;
	return plan_enforced(scope, request);
}

static int say_disabled(const struct plan_scope *scope)
{
	const struct plan_options *options = scope->options;
	const struct {
		bool asked;
		const char *name;
		const char *effect;
	} switches[] = {
		{ options->disable_capabilities, "--disable-capabilities-restriction",
		  "apps keep every capability that we hold" },
		{ options->disable_paths, "--disable-paths",
		  "nothing in /proc and /sys is hidden or write-protected" },
		{ options->disable_seccomp, "--disable-seccomp", "apps have no filter" },
	};

	for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++) {
		struct plan_request request = { switches[i].name, "true" };
		int r;

		if (!switches[i].asked)
			continue;
		r = plan_say(scope, PLAN_ENFORCED, request, "%s", switches[i].effect);
		if (r < 0)
			return r;
	}
	return 0;
}

static int check_pod(const struct plan_scope *scope, const struct pod_manifest *pod)
{
	const struct plan_options *options = scope->options;

	if (options->uuid == NULL || !uuid_is_valid(options->uuid))
		return plan_refuse(scope, EINVAL, "\"%s\" is not the UUID of a pod",
				   options->uuid != NULL ? options->uuid : "");
	if (options->mutable_pod)
		return plan_refuse(
		    scope, ENOTSUP,
		    "mutable pods need the entrypoints app/add, app/rm, app/start and "
		    "app/stop, which this stage1 does not have");
	if (pod->n_apps == 0)
		return plan_refuse(scope, EINVAL, "the pod has no apps");
	if (pod->n_apps > PLAN_MAX_APPS)
		return plan_refuse(scope, EINVAL, "%zu apps: at most %d", pod->n_apps,
				   PLAN_MAX_APPS);
	if (options->interactive && pod->n_apps > 1)
		return plan_refuse(scope, EINVAL,
				   "--interactive: the terminal can be lent to one app, not to %zu",
				   pod->n_apps);
	return 0;
}

static int read_flag(const struct plan_scope *scope, const struct pod_manifest *pod,
		     const char *annotation, bool *ret)
{
	const char *value = manifest_pairs_get(&pod->annotations, annotation);
	int flag = 0;

	if (value != NULL && parse_bool(value, &flag) < 0)
		return plan_refuse(scope, EINVAL, "annotation %s: \"%s\" is neither true nor false",
				   annotation, value);
	*ret = flag != 0;
	return 0;
}

/* A machine without a controller counts what it can; stats says what is missing. */
static int plan_accounting(const struct plan_scope *scope, const struct pod_manifest *pod,
			   struct plan *ret)
{
	const struct plan_request request = { "--accounting", "true" };
	int r = read_flag(scope, pod, PLAN_ACCOUNTING_ANNOTATION, &ret->accounting);

	return r < 0 || !ret->accounting ? r : plan_enforced(scope, request);
}

int plan_options(const struct plan_scope *scope, const struct pod_manifest *pod, struct plan *ret)
{
	const struct plan_traits *traits = scope->traits;
	int r = check_pod(scope, pod);

	if (r < 0)
		return r;
	ret->isolator = traits->name;
	ret->uuid = scope->options->uuid;
	ret->interactive = scope->options->interactive;
	ret->own_pid = traits->own_pid;
	ret->own_uts = traits->own_uts;
	/* Its only use is that the pod's own /proc and /sys show no cgroup but the pod's. */
	ret->own_cgroup = traits->own_api_file_systems;
	ret->own_api_file_systems = traits->own_api_file_systems;
	r = read_flag(scope, pod, PLAN_STRICT_ANNOTATION, &ret->strict);
	if (r == 0)
		r = plan_accounting(scope, pod, ret);
	if (r == 0)
		r = plan_hostname(scope, ret);
	if (r == 0)
		r = plan_ipc(scope, ret);
	if (r == 0)
		r = plan_users(scope, ret);
	return r < 0 ? r : say_disabled(scope);
}
