/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rm - removes pods that do not run, at once and with all they left.
 */
#include <stdio.h>

#include "stage0/command/places.h"
#include "stage0/pods/pod_collect.h"

struct rm_options {
	const char *uuid_file;
};

static const struct option_spec specs[] = {
	{ .name = "uuid-file",
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct rm_options, uuid_file),
	  .value_name = "FILE",
	  .help = "read the UUID from a file",
	  .completion = OPTION_COMPLETE_FILE },
};

static void warn(void *context, const char *uuid, const struct error *err)
{
	command_warn(context, "cleaning up after pod \"%s\": %s", uuid, err->text);
}

static int check_state(const struct pod_dir *pod, struct error *err)
{
	const char *uuid = pod->uuid.text;

	switch (pod_state(pod)) {
	case POD_EMBRYO:
	case POD_PREPARING:
		return error_set(err, EBUSY, "pod \"%s\" is currently being prepared", uuid);
	case POD_RUNNING:
		return error_set(err, EBUSY, "pod \"%s\" is currently running", uuid);
	case POD_DELETING:
		return error_set(err, EBUSY, "pod \"%s\" is currently being deleted", uuid);
	case POD_PREPARED:
	case POD_ABORTED_PREPARE:
	case POD_EXITED:
	case POD_EXITED_GARBAGE:
	case POD_GARBAGE:
		break;
	}
	return 0;
}

static void tell_marking(const struct pod_dir *pod)
{
	if (pod->home == POD_HOME_PREPARED)
		(void)fprintf(stderr, "rm: moving expired prepared pod \"%s\" to garbage\n",
			      pod->uuid.text);
	else if (pod->home == POD_HOME_PREPARE)
		(void)fprintf(stderr, "rm: moving failed prepare \"%s\" to garbage\n",
			      pod->uuid.text);
}

static int remove_pod(const struct pod_removal *removal, const char *uuid, struct error *err)
{
	auto_pod_dir struct pod_dir pod = POD_DIR_NONE;
	int r = pod_find(removal->pods, uuid, &pod, err);

	if (r < 0)
		return error_prefix(err, "cannot get pod");
	r = check_state(&pod, err);
	if (r == 0 && pod.home != POD_HOME_EXITED_GARBAGE && pod.home != POD_HOME_GARBAGE) {
		tell_marking(&pod);
		r = pod_mark(removal->pods, &pod, err);
	}
	if (r == 0)
		r = pod_remove(removal, &pod, err);
	if (r < 0)
		return r;
	(void)printf("\"%s\"\n", pod.uuid.text);
	return 0;
}

static int run(const struct command_call *call, struct error *err)
{
	const struct rm_options *options = call->options;
	auto_places struct places places = PLACES_NONE;
	struct pod_removal removal = {
		.local_config = call->global->places.machine,
		.environment = call->environment,
		.debug = call->global->debug,
		.warn = warn,
		.context = (void *)(uintptr_t)call,
	};
	struct uuids uuids;
	int status = 0, r = uuids_read(call, options->uuid_file, &uuids, err);

	if (r == 0)
		r = places_open(call, &places, err);
	if (r < 0)
		return r;
	removal.pods = &places.pods;
	removal.data_path = places.data_path;
	for (size_t i = 0; i < uuids.n; i++) {
		struct error mine = { 0 };

		if (remove_pod(&removal, uuids.items[i], &mine) < 0) {
			complain(call, &mine);
			status = COMMAND_FAILED;
		}
	}
	return status;
}

const struct command command_rm = {
	.name = "rm",
	.synopsis = "[options] UUID…",
	.summary = "removes pods that do not run",
	.specs = specs,
	.n_specs = ARRAY_LENGTH(specs),
	.options_size = sizeof(struct rm_options),
	.arguments = "list --no-legend",
	.among = "exited",
	.needs_root = true,
	.run = run,
};
