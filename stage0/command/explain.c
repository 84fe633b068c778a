/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "stage0/command/commands.h"
#include "stage0/command/explain_table.h"
#include "stage0/launch/stage1_call.h"

struct answers {
	struct explained *levels;
	size_t n;
};

static int ask(const struct launch *launch, struct answers *answers, struct error *err)
{
	int r = stage1_explain(launch, &answers->levels[answers->n], err);

	if (r == 0)
		answers->n++;
	return r;
}

/* One stage1 of the policy's levels; one that is not installed is passed over. */
static int ask_level(struct launch *launch, const char *name, struct answers *answers,
		     struct error *err)
{
	int r;

	store_image_release(&launch->stage1.stored);
	r = launch_find_stage1_name(launch, name, &launch->stage1.stored, err);
	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = launch_read_manifest(launch, &launch->stage1.stored, &launch->stage1.manifest,
					 err);
	if (r == 0 && !stage1_has_entrypoint(&launch->stage1.manifest, STAGE1_EXPLAIN)) {
		command_warn(launch->call, "the stage1 %s cannot explain itself", name);
		return 0;
	}
	return r < 0 ? r : ask(launch, answers, err);
}

static int ask_all(struct launch *launch, struct answers *answers, struct error *err)
{
	const struct config_stage1_policy *policy = &launch->config.policy;
	int r = 0;

	answers->levels = arena_array(launch->call->arena, policy->n_levels + 1, struct explained);
	if (answers->levels == NULL)
		return error_set(err, ENOMEM, "out of memory");
	if (launch->request->stage1_flag != STAGE1_DEFAULT) {
		r = launch_find_stage1(launch, err);
		return r < 0 ? r : ask(launch, answers, err);
	}
	for (size_t i = 0; r == 0 && i < policy->n_levels; i++)
		r = ask_level(launch, policy->levels[i], answers, err);
	if (r == 0 && answers->n == 0)
		return error_set(err, ENOENT, "no stage1 that can explain itself is installed");
	return r;
}

static int print(const struct launch *launch, const struct answers *answers, struct error *err)
{
	const char *format = launch->request->format;
	auto_text struct text out = { 0 };
	int r;

	if (format == NULL || strcmp(format, "table") == 0)
		r = explain_write_table(launch->call->arena, answers->levels, answers->n, &out);
	else
		r = explain_write_json(answers->levels, answers->n,
				       strcmp(format, "json-pretty") == 0, &out);
	if (r < 0)
		return error_set(err, -r, "writing the answer: %s", strerror(-r));
	(void)fputs(text_string(&out), stdout);
	return 0;
}

static bool enforces_all(const struct explained *level)
{
	if (level->refusal != NULL)
		return false;
	for (size_t i = 0; i < level->n_verdicts; i++)
		if (strcmp(level->verdicts[i].verdict, "enforced") != 0)
			return false;
	return true;
}

/* With --strict the exit status tells whether there is a stage1 that would start the pod. */
static int judge(const struct request *request, const struct answers *answers, struct error *err)
{
	if (!request->strict)
		return 0;
	for (size_t i = 0; i < answers->n; i++)
		if (enforces_all(&answers->levels[i]))
			return 0;
	return error_set(err, ENOTSUP, "--strict: no stage1 enforces all that is asked for");
}

static int run(const struct command_call *call, struct error *err)
{
	auto_launch struct launch launch = LAUNCH_NONE;
	struct answers answers = { 0 };
	int r = request_check(call->options, err);

	if (r == 0)
		r = launch_open(call, LAUNCH_WITHOUT_MOUNTS, &launch, err);
	if (r == 0)
		r = launch_find_images(&launch, err);
	if (r == 0)
		r = ask_all(&launch, &answers, err);
	if (r == 0)
		r = print(&launch, &answers, err);
	return r < 0 ? r : judge(call->options, &answers, err);
}

const struct command command_explain = {
	.name = "explain",
	.synopsis = "[options] IMAGE [options] [-- ARGS [---]] [IMAGE …]",
	.summary = "shows what each stage1 would make of a pod, without starting it",
	.sets = request_explain_sets,
	.options_size = sizeof(struct request),
	.parse = request_parse,
	.arguments = "image list --no-legend",
	.run = run,
};
