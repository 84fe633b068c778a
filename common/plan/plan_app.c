/* SPDX-License-Identifier: Apache-2.0 */
/* One app: what its main process, its handlers and whoever enters it get. */
#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/parse.h"
#include "common/plan/plan_parts.h"

static int check_app(const struct plan_scope *scope, const struct pod_app *app)
{
	if (app->app == NULL)
		return plan_refuse(scope, EINVAL, "the pod manifest has no app object for it");
	if (app->app->exec.n == 0 || app->app->exec.items[0][0] == '\0')
		return plan_refuse(scope, EINVAL,
				   "no command: neither its image nor the pod manifest names one");
	if (app->app->user[0] == '\0')
		return plan_refuse(scope, EINVAL, "no user");
	if (app->app->n_isolators > PLAN_MAX_ISOLATORS)
		return plan_refuse(scope, EINVAL, "%zu isolators: at most %d",
				   app->app->n_isolators, PLAN_MAX_ISOLATORS);
	return 0;
}

/* Ids given as numbers must be among those that the pod's user namespace maps. */
static int check_ids(const struct plan_scope *scope, const struct app *app, const struct plan *plan)
{
	const char *const names[] = { app->user, app->group };
	uint32_t id;

	if (!plan->own_user)
		return 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (parse_id(names[i], &id) == 0 && id >= plan->user_count)
			return plan_refuse(scope, EINVAL,
					   "id %" PRIu32 " is not among the pod's %" PRIu32
					   " users",
					   id, plan->user_count);
	for (size_t i = 0; i < app->n_supplementary_gids; i++)
		if (app->supplementary_gids[i] >= plan->user_count)
			return plan_refuse(scope, EINVAL,
					   "group %" PRIu32 " is not among the pod's %" PRIu32
					   " users",
					   app->supplementary_gids[i], plan->user_count);
	return 0;
}

static int plan_identity(const struct plan_scope *scope, const struct app *app,
			 struct plan_app *ret)
{
	const char *directory = app->working_directory;

	if (directory == NULL || directory[0] == '\0')
		directory = "/";
	if (directory[0] != '/')
		return plan_refuse(scope, EINVAL,
				   "working directory \"%s\" is not an absolute path", directory);
	ret->argv = (struct plan_strings){ app->exec.items, app->exec.n };
	ret->working_directory = directory;
	ret->user = app->user;
	ret->group = app->group;
	ret->supplementary_gids = app->supplementary_gids;
	ret->n_supplementary_gids = app->n_supplementary_gids;
	return 0;
}

static int plan_handlers(const struct plan_scope *scope, const struct app *app, const char *name,
			 const struct plan_handler **ret, size_t *ret_n)
{
	struct plan_handler *handlers =
	    arena_array(scope->arena, app->n_event_handlers, struct plan_handler);
	size_t n = 0;

	if (handlers == NULL)
		return plan_no_memory(scope);
	for (size_t i = 0; i < app->n_event_handlers; i++) {
		const struct event_handler *handler = &app->event_handlers[i];

		if (strcmp(handler->name, name) != 0)
			continue;
		if (handler->exec.n == 0)
			return plan_refuse(scope, EINVAL, "its %s handler has no command", name);
		handlers[n++].argv = (struct plan_strings){ handler->exec.items, handler->exec.n };
	}
	*ret = handlers;
	*ret_n = n;
	return 0;
}

/* The streams of attach(1): an app's output goes to the log, its input is empty, until there is
 * one. */
static int plan_streams(const struct plan_scope *scope, const struct pod_app *app)
{
	static const struct {
		const char *annotation;
		const char *usual;
	} streams[] = {
		{ "coreos.com/rkt/stage2/stdin", "null" },
		{ "coreos.com/rkt/stage2/stdout", "log" },
		{ "coreos.com/rkt/stage2/stderr", "log" },
	};

	for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
		struct plan_request request = {
			streams[i].annotation,
			manifest_pairs_get(&app->annotations, streams[i].annotation),
		};
		int r;

		if (request.asked == NULL || strcmp(request.asked, streams[i].usual) == 0)
			continue;
		r = plan_say(scope, PLAN_IGNORED, request,
			     "it stays \"%s\": this isolator has no attach", streams[i].usual);
		if (r < 0)
			return r;
	}
	return 0;
}

static int plan_privileges(const struct plan_scope *scope, const struct plan_app_input *input,
			   struct plan_app *ret)
{
	const struct app *app = input->app->app;
	const struct plan_isolators isolators = { app->isolators, app->n_isolators };
	struct plan_labels labels = { 0 };
	int r = plan_limits(scope, &isolators, &input->plan->limits, &ret->limits);

	if (r == 0)
		r = plan_process(scope, &isolators, ret);
	if (r == 0)
		r = plan_capabilities(scope, &isolators, &ret->capabilities);
	if (r == 0)
		r = plan_seccomp(scope, &isolators, &ret->seccomp);
	if (r == 0)
		r = plan_labels(scope, &isolators, input->labels, &labels);
	if (r == 0)
		r = plan_unsupported(scope, &isolators);
	ret->apparmor_profile = labels.apparmor_profile;
	ret->selinux_context = labels.selinux_context;
	/* An app that can mount could uncover devices that our /dev does not show. */
	ret->device_policy =
	    input->plan->own_api_file_systems && (ret->capabilities >> CAP_SYS_ADMIN & 1) != 0;
	return r;
}

static int plan_surroundings(const struct plan_scope *scope, const struct plan_app_input *input,
			     struct plan_app *ret)
{
	const struct app *app = input->app->app;
	int r = plan_environment(scope, &app->environment, input->metadata_url, &ret->environment);

	ret->read_only_root = input->app->read_only_rootfs;
	ret->protect_paths = input->plan->own_api_file_systems && !scope->options->disable_paths;
	if (r == 0)
		r = plan_mounts(scope, input, ret);
	if (r == 0)
		r = plan_etc(scope, input->plan, ret);
	if (r == 0)
		r = plan_streams(scope, input->app);
	if (r == 0)
		r = plan_handlers(scope, app, "pre-start", &ret->pre_start, &ret->n_pre_start);
	if (r == 0)
		r = plan_handlers(scope, app, "post-stop", &ret->post_stop, &ret->n_post_stop);
	return r < 0 ? r : plan_stop(scope, input, ret);
}

int plan_app(const struct plan_scope *scope, const struct plan_app_input *input,
	     struct plan_app *ret)
{
	int r = check_app(scope, input->app);

	if (r < 0)
		return r;
	ret->name = input->app->name;
	r = check_ids(scope, input->app->app, input->plan);
	if (r == 0)
		r = plan_identity(scope, input->app->app, ret);
	if (r == 0)
		r = plan_privileges(scope, input, ret);
	return r < 0 ? r : plan_surroundings(scope, input, ret);
}
