/* SPDX-License-Identifier: Apache-2.0 */
/*
 * enter - a command inside an app of a running pod.
 *
 * The stage1's entrypoint replaces this process.  It is executed from the tree store:
 * the pod's own copy of it is mounted in the pod's mount namespace only.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/base/file.h"
#include "common/pod/pod_status.h"
#include "stage0/command/app_choice.h"
#include "stage0/command/places.h"
#include "stage0/pods/pod_report.h"
#include "stage0/pods/stage1_program.h"

#define DEFAULT_COMMAND "/bin/bash"

/* How long a pod that is just starting may take to say which process to enter. */
#define PID_WAIT_MS     10000
#define PID_STEP_MS     10

struct enter_options {
	const char *app;
	const char *uuid_file;
};

static const struct option_spec specs[] = {
	{ .name = "app",
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct enter_options, app),
	  .value_name = "NAME",
	  .help = "the app to enter; needed in a pod of several" },
	{ .name = "uuid-file",
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct enter_options, uuid_file),
	  .value_name = "FILE",
	  .help = "read the UUID from a file; all arguments are the command then",
	  .completion = OPTION_COMPLETE_FILE },
};

static int wait_for_pid(const struct pod_dir *pod, pid_t *ret, struct error *err)
{
	const struct timespec step = { .tv_nsec = PID_STEP_MS * 1000000L };
	struct error mine = { 0 };
	int r = -ENOENT;

	for (int waited = 0; waited < PID_WAIT_MS; waited += PID_STEP_MS) {
		r = pod_status_pid(pod->fd, ret, &mine);
		if (r != -ENOENT && r != -ESRCH)
			break;
		if (pod_state(pod) != POD_RUNNING)
			return error_set(err, ESRCH, "pod \"%s\" isn't currently running",
					 pod->uuid.text);
		(void)nanosleep(&step, NULL);
	}
	return r < 0 ? error_set(err, mine.code, "unable to determine the pid for pod \"%s\": %s",
				 pod->uuid.text, mine.text)
		     : 0;
}

/* The stage1's tree, or the pod's copy of it. */
static int find_entrypoint(const struct command_call *call, const struct places *places,
			   const struct pod_dir *pod, const char **ret, struct error *err)
{
	auto_text struct text tree_id = { 0 };
	char place[POD_PATH_SIZE];
	const char *program;
	struct error mine = { 0 };
	int r = stage1_program_path(pod, call->arena, STAGE1_ENTER, &program, err);

	if (r < 0)
		return r;
	r = file_read_at(pod->fd, "stage1TreeStoreID", STORE_TREE_ID_SIZE, &tree_id, &mine);
	if (r < 0 && r != -ENOENT)
		return error_set(err, mine.code, "%s", mine.text);
	if (r == 0 && !store_tree_id_is_valid(text_string(&tree_id)))
		return error_set(err, EINVAL, "stage1TreeStoreID of the pod is damaged");
	pod_path(pod, place);
	*ret = r == 0 ? arena_printf(call->arena, "%s/cas/tree/%s/rootfs%s", places->data_path,
				     tree_id.data, program)
		      : arena_printf(call->arena, "%s/%s/stage1/rootfs%s", places->data_path, place,
				     program);
	return *ret == NULL ? error_set(err, ENOMEM, "out of memory") : 0;
}

/* enter --pid=N --appname=NAME -- CMD [ARG…] */
static int execute(const struct command_call *call, const char *entrypoint, const char *const *head,
		   char *const *command, struct error *err)
{
	static char *const shell[] = { (char *)(uintptr_t)DEFAULT_COMMAND, NULL };
	char **arguments;
	size_t n = 0, length = 0;

	if (command[0] == NULL) {
		(void)fputs("enter: no command specified, assuming \"" DEFAULT_COMMAND "\"\n",
			    stderr);
		command = shell;
	}
	while (command[length] != NULL)
		length++;
	arguments = arena_array(call->arena, length + 5, char *);
	if (arguments == NULL)
		return error_set(err, ENOMEM, "out of memory");
	for (; head[n] != NULL; n++)
		arguments[n] = (char *)(uintptr_t)head[n];
	memcpy(arguments + n, command, length * sizeof(*command));
	(void)execve(entrypoint, arguments, call->environment);
	return error_from_errno(err, "executing %s", entrypoint);
}

/* A "--" between the UUID and the command is allowed. */
static char *const *command_of(const struct command_call *call, bool has_uuid)
{
	char *const *command = call->arguments + (has_uuid ? 1 : 0);

	return command[0] != NULL && strcmp(command[0], "--") == 0 ? command + 1 : command;
}

static int find_pod(const struct command_call *call, const struct places *places,
		    struct pod_dir *ret, struct error *err)
{
	const struct enter_options *options = call->options;
	struct command_call first = *call;
	struct uuids uuids;
	int r;

	first.n_arguments = options->uuid_file != NULL || call->n_arguments == 0 ? 0 : 1;
	r = uuids_read(&first, options->uuid_file, &uuids, err);
	if (r < 0)
		return r;
	if (pod_find(&places->pods, uuids.items[0], ret, err) < 0)
		return error_prefix(err, "problem retrieving pod");
	if (pod_state(ret) != POD_RUNNING)
		return error_set(err, ESRCH, "pod \"%s\" isn't currently running", ret->uuid.text);
	return 0;
}

static int run(const struct command_call *call, struct error *err)
{
	const struct enter_options *options = call->options;
	auto_places struct places places = PLACES_NONE;
	auto_pod_dir struct pod_dir pod = POD_DIR_NONE;
	const char *head[5] = { NULL };
	const char *app = NULL, *entrypoint = NULL;
	struct pod_report report;
	pid_t pid = 0;
	int r = places_open(call, &places, err);

	if (r == 0)
		r = find_pod(call, &places, &pod, err);
	if (r == 0)
		r = pod_report_read(&pod, POD_REPORT_SHORT, call->arena, &report, err);
	if (r == 0 && app_choice(call, &report, options->app, &app, err) < 0)
		r = error_prefix(err, "unable to determine app name");
	if (r == 0)
		r = wait_for_pid(&pod, &pid, err);
	if (r == 0)
		r = find_entrypoint(call, &places, &pod, &entrypoint, err);
	if (r != 0)
		return r;
	head[0] = entrypoint;
	head[1] = arena_printf(call->arena, "--pid=%d", (int)pid);
	head[2] = arena_printf(call->arena, "--appname=%s", app);
	head[3] = "--";
	if (head[1] == NULL || head[2] == NULL)
		return error_set(err, ENOMEM, "out of memory");
	if (fchdir(pod.fd) < 0)
		return error_from_errno(err, "entering the directory of the pod");
	return execute(call, entrypoint, head, command_of(call, options->uuid_file == NULL), err);
}

const struct command command_enter = {
	.name = "enter",
	.synopsis = "[options] UUID [COMMAND [ARGUMENT…]]",
	.summary = "runs a command inside an app of a running pod",
	.specs = specs,
	.n_specs = ARRAY_LENGTH(specs),
	.options_size = sizeof(struct enter_options),
	.stop_at_positional = true,
	.arguments = "list --no-legend",
	.among = "running",
	.needs_root = true,
	.run = run,
};
