/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor - what this machine offers each isolator, what is missing, and how to mend it; or whether
 * the networks of running pods are as they were made.
 *
 * Each stage1 that is installed, or that of each pod, is asked through its entrypoint `doctor`.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "stage0/command/commands.h"
#include "stage0/command/doctor_output.h"
#include "stage0/command/places.h"
#include "stage0/launch/stage1_call.h"

static const char *const formats[] = { "table", "plain", "json", "json-pretty", NULL };

static const struct option_spec specs[] = {
	{ .name = "format",
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct request, format),
	  .value_name = "FORMAT",
	  .help = "the form of the output; by default a table on a terminal, else plain lines",
	  .choices = formats },
};

struct levels {
	struct examined *items;
	size_t n;
	int status; /* of the command: COMMAND_FAILED once a level cannot run pods */
};

static int ask_level(struct launch *launch, const char *name, struct levels *levels,
		     struct error *err)
{
	struct error mine = { 0 };
	int r;

	store_image_release(&launch->stage1.stored);
	r = launch_find_stage1_name(launch, name, &launch->stage1.stored, err);
	if (r == -ENOENT) { /* not installed */
		error_clear(err);
		return 0;
	}
	if (r == 0)
		r = launch_read_manifest(launch, &launch->stage1.stored, &launch->stage1.manifest,
					 err);
	if (r < 0)
		return r;
	if (!stage1_has_entrypoint(&launch->stage1.manifest, STAGE1_DOCTOR)) {
		command_warn(launch->call, "the stage1 %s cannot be asked", name);
		return 0;
	}
	if (stage1_doctor(launch, &levels->items[levels->n], &mine) < 0) {
		command_warn(launch->call, "%s", mine.text);
		levels->status = COMMAND_FAILED;
		return 0;
	}
	if (!levels->items[levels->n++].can_run)
		levels->status = COMMAND_FAILED;
	return 0;
}

static int ask_all(struct launch *launch, struct levels *levels, struct error *err)
{
	const struct config_stage1_policy *policy = &launch->config.policy;
	int r = 0;

	levels->items = arena_array(launch->call->arena, policy->n_levels + 1, struct examined);
	if (levels->items == NULL)
		return error_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; r == 0 && i < policy->n_levels; i++)
		r = ask_level(launch, policy->levels[i], levels, err);
	if (r == 0 && levels->n == 0 && levels->status == 0)
		return error_set(err, ENOENT, "no stage1 that can be asked is installed");
	return r;
}

/* Whatever is wrong with one, the others are asked as well. */
static int ask_pods(struct launch *launch, struct levels *levels, struct error *err)
{
	const struct command_call *call = launch->call;

	if (geteuid() != 0)
		return error_set(err, EPERM, "asking about pods needs to be root");
	levels->items = arena_array(call->arena, call->n_arguments, struct examined);
	if (levels->items == NULL)
		return error_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < call->n_arguments; i++) {
		struct examined *pod = &levels->items[levels->n];
		struct error mine = { 0 };

		int r = stage1_doctor_pod(launch, call->arguments[i], pod, &mine);

		if (r < 0)
			complain(call, &mine);
		else
			levels->n++;
		if (r < 0 || !pod->can_run)
			levels->status = COMMAND_FAILED;
	}
	return 0;
}

static int print(const struct levels *levels, const char *format, struct error *err)
{
	auto_text struct text out = { 0 };
	int r;

	if (format == NULL)
		format = isatty(STDOUT_FILENO) == 1 ? "table" : "plain";
	if (strcmp(format, "table") == 0)
		r = doctor_write_table(levels->items, levels->n, &out);
	else if (strcmp(format, "plain") == 0)
		r = doctor_write_lines(levels->items, levels->n, &out);
	else
		r = doctor_write_json(levels->items, levels->n, strcmp(format, "json-pretty") == 0,
				      &out);
	if (r < 0)
		return error_set(err, -r, "writing the answer: %s", strerror(-r));
	(void)fputs(text_string(&out), stdout);
	return levels->status;
}

static int run(const struct command_call *call, struct error *err)
{
	auto_launch struct launch launch = LAUNCH_NONE;
	struct request *request = call->options;
	struct levels levels = { 0 };
	int r;

	request->arena = call->arena;
	r = launch_open(call, LAUNCH_WITHOUT_MOUNTS, &launch, err);
	if (r == 0)
		r = call->n_arguments > 0 ? ask_pods(&launch, &levels, err)
					  : ask_all(&launch, &levels, err);
	return r < 0 ? r : print(&levels, request->format, err);
}

const struct command command_doctor = {
	.name = "doctor",
	.synopsis = "[options] [UUID…]",
	.summary = "tells what this machine offers each isolator, or how a pod's networks are",
	.specs = specs,
	.n_specs = ARRAY_LENGTH(specs),
	.options_size = sizeof(struct request),
	.arguments = "list --no-legend",
	.run = run,
};
