/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stats - what the apps of running pods use; what is counted, and by whom, their stage1s know.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "common/base/file.h"
#include "stage0/command/places.h"
#include "stage0/command/report_output.h"
#include "stage0/command/stats_output.h"
#include "stage0/pods/pod_name.h"
#include "stage0/pods/stage1_program.h"

struct stats_options {
	const char *format;
};

static const char *const formats[] = { "table", "json", "json-pretty", "prometheus", NULL };

static const struct option_spec specs[] = {
	{ .name = "format",
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct stats_options, format),
	  .value_name = "FORMAT",
	  .help = "the form of the output",
	  .default_text = "table",
	  .choices = formats },
};

struct collection {
	const struct command_call *call;
	const struct places *places;
	struct stats_pod *pods;
	size_t n, capacity;
	int status; /* of the command: COMMAND_FAILED once a pod could not be asked */
};

/* What the stage1 prints goes to a file without a name, so it cannot be made to wait. */
static int ask_stage1(const struct collection *collection, const struct pod_dir *pod,
		      struct text *answer, struct error *err)
{
	auto_close int output = memfd_create("stats", MFD_CLOEXEC);
	char *arguments[] = { NULL, (char *)(uintptr_t)pod->uuid.text, NULL };
	struct stage1_call stage1 = { .pod = pod,
				      .data_path = collection->places->data_path,
				      .arguments = arguments,
				      .environment = collection->call->environment,
				      .view = STAGE1_READ_ONLY,
				      .output = output };
	int status = 0, r;

	if (output < 0)
		return error_from_errno(err, "asking the stage1");
	r = stage1_program_path(pod, collection->call->arena, STAGE1_STATS, &stage1.program, err);
	if (r == 0)
		r = stage1_program_run(&stage1, &status, err);
	if (r < 0)
		return r;
	if (status != 0)
		return error_set(err, EIO, "the stage1's stats ended with status %d", status);
	r = lseek(output, 0, SEEK_SET) < 0 ? -errno
					   : file_read_fd(output, POD_USAGE_MAX_BYTES, answer);
	return r < 0 ? error_set(err, -r, "reading the stage1's answer: %s", strerror(-r)) : 0;
}

/* Room for one more; NULL: no memory. */
static struct stats_pod *make_room(struct collection *collection)
{
	size_t capacity = collection->capacity == 0 ? 16 : 2 * collection->capacity;
	struct stats_pod *pods;

	if (collection->pods != NULL && collection->n < collection->capacity)
		return &collection->pods[collection->n];
	pods = arena_array(collection->call->arena, capacity, struct stats_pod);
	if (pods == NULL)
		return NULL;
	if (collection->pods != NULL && collection->n > 0)
		memcpy(pods, collection->pods, collection->n * sizeof(*pods));
	collection->pods = pods;
	collection->capacity = capacity;
	return &pods[collection->n];
}

static int add_pod(struct collection *collection, const struct pod_dir *pod, struct error *err)
{
	auto_text struct text answer = { 0 };
	struct arena *arena = collection->call->arena;
	struct stats_pod *added = make_room(collection);
	char name[POD_NAME_SIZE];
	int r;

	if (added == NULL)
		return error_set(err, ENOMEM, "out of memory");
	r = ask_stage1(collection, pod, &answer, err);
	if (r < 0)
		return r;
	*added = (struct stats_pod){ .uuid = arena_string(arena, pod->uuid.text) };
	if (pod_name_read(pod->fd, name))
		added->name = arena_string(arena, name);
	r = pod_usage_read(arena, &answer, "the stage1's answer", &added->usage, err);
	collection->n += r == 0;
	return r;
}

static void complain_of(struct collection *collection, const char *uuid, struct error *problem)
{
	(void)error_prefix(problem, "pod \"%s\"", uuid);
	complain(collection->call, problem);
	collection->status = COMMAND_FAILED;
}

/* Of all pods: those that run, and still do when they are asked. */
static int visit(void *context, enum pod_home home, const char *uuid, struct error *err)
{
	struct collection *collection = context;
	auto_pod_dir struct pod_dir pod = POD_DIR_NONE;
	struct error mine = { 0 };

	(void)err;
	if (pod_open(&collection->places->pods, home, uuid, &pod, &mine) < 0 ||
	    pod_state(&pod) != POD_RUNNING)
		return 0;
	if (add_pod(collection, &pod, &mine) < 0 && pod_state(&pod) == POD_RUNNING)
		complain_of(collection, uuid, &mine);
	return 0;
}

static void add_named(struct collection *collection, const char *uuid)
{
	auto_pod_dir struct pod_dir pod = POD_DIR_NONE;
	struct error mine = { 0 };
	int r = pod_find(&collection->places->pods, uuid, &pod, &mine);

	if (r == 0 && pod_state(&pod) != POD_RUNNING)
		r = error_set(&mine, ESRCH, "it is not running");
	if (r == 0)
		r = add_pod(collection, &pod, &mine);
	if (r < 0)
		complain_of(collection, uuid, &mine);
}

static int print(const struct collection *collection, const char *format, struct error *err)
{
	auto_text struct text out = { 0 };
	int r;

	if (format == NULL || strcmp(format, "table") == 0)
		r = stats_write_table(collection->call->arena, collection->pods, collection->n,
				      &out);
	else if (strcmp(format, "prometheus") == 0)
		r = stats_write_prometheus(collection->pods, collection->n, &out);
	else
		r = stats_write_json(collection->pods, collection->n, report_is_pretty(format),
				     &out);
	if (r < 0)
		return error_set(err, -r, "printing: %s", strerror(-r));
	(void)fputs(text_string(&out), stdout);
	return collection->status;
}

static int run(const struct command_call *call, struct error *err)
{
	const struct stats_options *options = call->options;
	auto_places struct places places = PLACES_NONE;
	struct collection collection = { .call = call, .places = &places };
	int r = places_open(call, &places, err);

	if (r == 0 && call->n_arguments == 0)
		r = pods_visit(&places.pods, POD_HOME_RUN, visit, &collection, err);
	for (size_t i = 0; r == 0 && i < call->n_arguments; i++)
		add_named(&collection, call->arguments[i]);
	return r < 0 ? r : print(&collection, options->format, err);
}

const struct command command_stats = {
	.name = "stats",
	.synopsis = "[options] [UUID…]",
	.summary = "tells what the apps of running pods use",
	.specs = specs,
	.n_specs = ARRAY_LENGTH(specs),
	.arguments = "list --no-legend",
	.options_size = sizeof(struct stats_options),
	.run = run,
};
