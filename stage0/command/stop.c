/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stop - asks the stage1 of running pods to end them.
 */
#include <stdio.h>

#include "stage0/command/places.h"
#include "stage0/pods/stage1_program.h"

struct stop_options {
	bool force;
	const char *uuid_file;
};

static const struct option_spec specs[] = {
	{ .name = "force",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct stop_options, force),
	  .help = "kill the pod, without time to end by itself" },
	{ .name = "uuid-file",
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct stop_options, uuid_file),
	  .value_name = "FILE",
	  .help = "read the UUID from a file",
	  .completion = OPTION_COMPLETE_FILE },
};

static bool has_ended(enum pod_state state)
{
	return state == POD_EXITED || state == POD_EXITED_GARBAGE || state == POD_DELETING ||
	       state == POD_GARBAGE;
}

static int call_stage1(const struct command_call *call, const struct places *places,
		       const struct pod_dir *pod, struct error *err)
{
	const struct stop_options *options = call->options;
	char *arguments[4] = { NULL };
	struct stage1_call stage1 = {
		.pod = pod,
		.data_path = places->data_path,
		.arguments = arguments,
		.environment = call->environment,
		.view = STAGE1_READ_ONLY,
	};
	size_t n = 1;
	int status = 0,
	    r = stage1_program_path(pod, call->arena, STAGE1_STOP, &stage1.program, err);

	if (options->force)
		arguments[n++] = (char *)(uintptr_t) "--force";
	arguments[n] = (char *)(uintptr_t)pod->uuid.text;
	if (r == 0)
		r = stage1_program_run(&stage1, &status, err);
	if (r < 0)
		return r;
	return status == 0 ? 0
			   : error_set(err, EIO, "the stage1's stop ended with status %d", status);
}

static int stop_pod(const struct command_call *call, const struct places *places, const char *uuid,
		    struct error *err)
{
	auto_pod_dir struct pod_dir pod = POD_DIR_NONE;
	enum pod_state state;
	int r = pod_find(&places->pods, uuid, &pod, err);

	if (r < 0)
		return error_prefix(err, "cannot get pod");
	state = pod_state(&pod);
	if (has_ended(state)) {
		/* What was wanted is the case: so has it the original. */
		(void)printf("pod \"%s\" is already stopped\n", pod.uuid.text);
		return 0;
	}
	if (state != POD_RUNNING)
		return error_set(err, ESRCH, "pod \"%s\" is not running", pod.uuid.text);
	if (call_stage1(call, places, &pod, err) < 0)
		return error_prefix(err, "error stopping \"%s\"", pod.uuid.text);
	(void)printf("\"%s\"\n", pod.uuid.text);
	return 0;
}

static int run(const struct command_call *call, struct error *err)
{
	const struct stop_options *options = call->options;
	auto_places struct places places = PLACES_NONE;
	struct uuids uuids;
	int status = 0, r = uuids_read(call, options->uuid_file, &uuids, err);

	if (r == 0)
		r = places_open(call, &places, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < uuids.n; i++) {
		struct error mine = { 0 };

		if (stop_pod(call, &places, uuids.items[i], &mine) < 0) {
			complain(call, &mine);
			status = COMMAND_FAILED;
		}
	}
	return status;
}

const struct command command_stop = {
	.name = "stop",
	.synopsis = "[options] UUID…",
	.summary = "stops running pods",
	.specs = specs,
	.n_specs = ARRAY_LENGTH(specs),
	.options_size = sizeof(struct stop_options),
	.arguments = "list --no-legend",
	.among = "running",
	.needs_root = true,
	.run = run,
};
