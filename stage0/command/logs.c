/* SPDX-License-Identifier: Apache-2.0 */
/*
 * logs - what the apps of a pod have printed, as its stage1 has kept it.
 *
 * How a log lies in the pod's directory, whether there is one, and why not, the stage1
 * knows: its entrypoint `logs` prints it.
 */
#include <errno.h>

#include "stage0/command/places.h"
#include "stage0/pods/stage1_program.h"

struct logs_options {
	bool follow, timestamps;
	const char *since, *stream, *format, *uuid_file;
	struct option_list apps;
};

static const char *const streams[] = { "stdout", "stderr", NULL };
static const char *const formats[] = { "json", NULL };

static const struct option_spec specs[] = {
	{ "follow", 'f', OPTION_FLAG, offsetof(struct logs_options, follow), NULL, NULL,
	  "go on printing until the pod ends" },
	{ "since", 0, OPTION_TEXT, offsetof(struct logs_options, since), NULL, "TIME",
	  "only what was printed since: a duration ago (10m) or a time in UTC "
	  "(2026-11-30T13:00:00Z)" },
	{ "app", 0, OPTION_LIST, offsetof(struct logs_options, apps), NULL, "NAME",
	  "only this app's output; may be given more than once" },
	{ "stream", 0, OPTION_TEXT, offsetof(struct logs_options, stream), NULL, "STREAM",
	  "only what went to it", .choices = streams },
	{ "timestamps", 0, OPTION_FLAG, offsetof(struct logs_options, timestamps), NULL, NULL,
	  "say when each line was printed" },
	{ "format", 0, OPTION_TEXT, offsetof(struct logs_options, format), NULL, "FORMAT",
	  "print JSON instead, an object for each line, all of it to stdout", .choices = formats },
	{ "uuid-file", 0, OPTION_TEXT, offsetof(struct logs_options, uuid_file), NULL, "FILE",
	  "read the UUID from a file", .completion = OPTION_COMPLETE_FILE },
};

static int add(struct arena *arena, struct option_list *list, const char *text, struct error *err)
{
	return text == NULL || option_list_add(arena, list, text) < 0
		   ? error_set(err, ENOMEM, "asking the stage1: out of memory")
		   : 0;
}

static int add_pair(struct arena *arena, struct option_list *list, const char *name,
		    const char *value, struct error *err)
{
	return value == NULL ? 0
			     : add(arena, list, arena_printf(arena, "--%s=%s", name, value), err);
}

/* argv[0] is filled in by who executes it. */
static int make_arguments(struct arena *arena, const struct logs_options *options,
			  const struct pod_dir *pod, struct option_list *ret, struct error *err)
{
	int r = add(arena, ret, "", err);

	if (r == 0 && options->follow)
		r = add(arena, ret, "--follow", err);
	if (r == 0 && options->timestamps)
		r = add(arena, ret, "--timestamps", err);
	if (r == 0)
		r = add_pair(arena, ret, "since", options->since, err);
	if (r == 0)
		r = add_pair(arena, ret, "stream", options->stream, err);
	if (r == 0)
		r = add_pair(arena, ret, "format", options->format, err);
	for (size_t i = 0; r == 0 && i < options->apps.n; i++)
		r = add_pair(arena, ret, "app", options->apps.items[i], err);
	return r < 0 ? r : add(arena, ret, pod->uuid.text, err);
}

static int check_state(const struct pod_dir *pod, struct error *err)
{
	enum pod_state state = pod_state(pod);

	if (state == POD_RUNNING || state == POD_EXITED || state == POD_EXITED_GARBAGE)
		return 0;
	return error_set(err, ESRCH, "pod \"%s\" has no logs: it is %s", pod->uuid.text,
			 pod_state_name(state));
}

static int print_logs(const struct command_call *call, const struct places *places,
		      const char *uuid, struct error *err)
{
	auto_pod_dir struct pod_dir pod = POD_DIR_NONE;
	struct stage1_call stage1 = { .pod = &pod,
				      .data_path = places->data_path,
				      .environment = call->environment,
				      .view = STAGE1_READ_ONLY };
	struct option_list arguments = { 0 };
	int status = 0, r = pod_find(&places->pods, uuid, &pod, err);

	if (r < 0)
		return error_prefix(err, "cannot get pod");
	r = check_state(&pod, err);
	if (r == 0)
		r = stage1_program_path(&pod, call->arena, STAGE1_LOGS, &stage1.program, err);
	if (r == 0)
		r = make_arguments(call->arena, call->options, &pod, &arguments, err);
	if (r < 0)
		return r;
	stage1.arguments = (char **)(uintptr_t)arguments.items;
	r = stage1_program_run(&stage1, &status, err);
	return r < 0 ? r : status; /* it has said itself what went wrong */
}

static int run(const struct command_call *call, struct error *err)
{
	const struct logs_options *options = call->options;
	auto_places struct places places = PLACES_NONE;
	struct uuids uuids;
	int r = uuids_read(call, options->uuid_file, &uuids, err);

	if (r == 0 && uuids.n != 1)
		return error_set(err, EINVAL, "logs are of one pod, not of %zu", uuids.n);
	if (r == 0)
		r = places_open(call, &places, err);
	return r < 0 ? r : print_logs(call, &places, uuids.items[0], err);
}

const struct command command_logs = {
	.name = "logs",
	.synopsis = "[options] UUID",
	.summary = "prints what the apps of a pod have printed",
	.specs = specs,
	.n_specs = ARRAY_LENGTH(specs),
	.arguments = "list --no-legend",
	.options_size = sizeof(struct logs_options),
	.run = run,
};
