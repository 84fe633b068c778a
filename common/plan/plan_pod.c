/* SPDX-License-Identifier: Apache-2.0 */
#include "common/plan/plan_pod.h"

#include <errno.h>
#include <string.h>

#include "common/plan/plan_parts.h"

static int plan_metadata(const struct plan_scope *scope, struct plan *plan, const char **ret)
{
	const char *token = scope->options->mds_token;
	struct plan_request request = { "--mds-token", "(a token)" };

	if (token == NULL)
		return 0;
	if (token[0] == '\0' ||
	    strspn(token, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") !=
		strlen(token))
		return plan_refuse(scope, EINVAL, "--mds-token: not a token");
	if (plan->network == PLAN_NETWORK_PLUGINS) {
		plan->metadata_token = token;
		return plan_say(scope, PLAN_ENFORCED, request,
				"at the host's address in the pod's networks");
	}
	if (plan->network != PLAN_NETWORK_HOST)
		return plan_say(scope, PLAN_IGNORED, request,
				"no network leads from the pod to the metadata service");
	*ret = arena_printf(scope->arena, "http://127.0.0.1:%d/%s", METADATA_SERVICE_PORT, token);
	return *ret == NULL ? plan_no_memory(scope) : plan_enforced(scope, request);
}

static int plan_whole(const struct plan_scope *scope, const struct pod_manifest *pod,
		      struct plan_labels *labels, struct plan *ret)
{
	const struct plan_isolators isolators = { pod->isolators, pod->n_isolators };
	const struct plan_labels none = { 0 };
	int r = plan_options(scope, pod, ret);

	if (r == 0 && pod->n_isolators > PLAN_MAX_ISOLATORS)
		return plan_refuse(scope, EINVAL, "%zu isolators of the pod: at most %d",
				   pod->n_isolators, PLAN_MAX_ISOLATORS);
	if (r == 0 && pod->n_volumes > PLAN_MAX_MOUNTS)
		return plan_refuse(scope, EINVAL, "%zu volumes: at most %d", pod->n_volumes,
				   PLAN_MAX_MOUNTS);
	if (r == 0)
		r = plan_networks(scope, ret);
	if (r == 0)
		r = plan_ports(scope, pod, ret);
	if (r == 0)
		r = plan_etc_options(scope);
	if (r == 0)
		r = plan_limits(scope, &isolators, NULL, &ret->limits);
	if (r == 0)
		r = plan_sysctls(scope, &isolators, ret);
	if (r == 0)
		r = plan_labels(scope, &isolators, &none, labels);
	return r < 0 ? r : plan_unsupported(scope, &isolators);
}

static int plan_apps(const struct plan_scope *pod_scope, const struct plan_input *input,
		     struct plan_app_input *app_input, struct plan *ret)
{
	size_t n = input->pod->n_apps;
	struct plan_app *apps = arena_array(pod_scope->arena, n, struct plan_app);

	if (apps == NULL)
		return plan_no_memory(pod_scope);
	ret->supervised = input->traits->supervised || n > 1;
	for (size_t i = 0; i < n; i++) {
		struct plan_scope scope = *pod_scope;
		int r;

		scope.app = input->pod->apps[i].name;
		app_input->app = &input->pod->apps[i];
		app_input->image = input->images == NULL ? NULL : &input->images[i];
		r = plan_app(&scope, app_input, &apps[i]);
		if (r < 0)
			return r;
		/* Somebody has to be there to run it once the app has gone. */
		if (apps[i].n_post_stop > 0)
			ret->supervised = true;
	}
	ret->apps = apps;
	ret->n_apps = n;
	return 0;
}

int plan_pod(struct arena *arena, const struct plan_input *input, struct plan *ret,
	     struct error *err)
{
	struct plan plan = { 0 };
	struct plan_verdicts verdicts = { 0 };
	struct plan_labels labels = { 0 };
	struct plan_app_input app_input = { .pod = input->pod, .plan = &plan, .labels = &labels };
	const struct plan_scope scope = {
		.arena = arena,
		.traits = input->traits,
		.host = input->host,
		.options = input->options,
		.verdicts = &verdicts,
		.err = err,
	};
	int r = plan_whole(&scope, input->pod, &labels, &plan);

	if (r == 0)
		r = plan_metadata(&scope, &plan, &app_input.metadata_url);
	if (r == 0)
		r = plan_apps(&scope, input, &app_input, &plan);
	if (r == 0)
		r = plan_unused_volumes(&scope, input->pod, &plan);
	if (r == 0)
		r = plan_restart(&scope, input->pod, &plan);
	if (r == 0)
		r = plan_log(&scope, input->pod, &plan);
	if (r < 0)
		return r;
	plan.verdicts = verdicts.items;
	plan.n_verdicts = verdicts.n;
	*ret = plan;
	return 0;
}
