/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/launch/stage1_explain.h"

#include <errno.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "common/base/file.h"
#include "common/json/json_decoder.h"
#include "common/json/json_reader.h"
#include "stage0/launch/launch_start.h"
#include "stage0/request/pod_build.h"

#define PLAN_MAX_BYTES    ((size_t)16 << 20)
#define MESSAGE_MAX_BYTES ((size_t)16 << 10)

/* The standard streams of the entrypoint: files without a name, so nothing can block. */
struct streams {
	int fds[3];
};

#define auto_streams CLEANUP(close_streams)

static void close_streams(struct streams *streams)
{
	for (size_t i = 0; i < ARRAY_LENGTH(streams->fds); i++)
		cleanup_close(&streams->fds[i]);
}

static int open_streams(const struct pod_manifest *pod, struct streams *ret, struct error *err)
{
	auto_text struct text manifest = { 0 };
	int r = pod_write(pod, &manifest, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_LENGTH(ret->fds); i++) {
		ret->fds[i] = memfd_create("explain", MFD_CLOEXEC);
		if (ret->fds[i] < 0)
			return error_from_errno(err, "making a stream of the stage1");
	}
	r = file_write_fd(ret->fds[0], text_string(&manifest), manifest.length);
	if (r == 0 && lseek(ret->fds[0], 0, SEEK_SET) < 0)
		r = -errno;
	return r < 0 ? error_set(err, -r, "writing the pod manifest: %s", strerror(-r)) : 0;
}

static int spawn(const struct launch *launch, const struct streams *streams,
		 const char *const argv[], pid_t *ret)
{
	posix_spawn_file_actions_t actions;
	int r = posix_spawn_file_actions_init(&actions);

	if (r != 0)
		return -r;
	for (int i = 0; r == 0 && i < (int)ARRAY_LENGTH(streams->fds); i++)
		r = posix_spawn_file_actions_adddup2(&actions, streams->fds[i], i);
	if (r == 0)
		r = posix_spawn(ret, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv,
				launch->call->environment);
	(void)posix_spawn_file_actions_destroy(&actions);
	return -r;
}

static int run(const struct launch *launch, const struct streams *streams, const char *const argv[],
	       int *ret_status, struct error *err)
{
	pid_t pid = 0;
	pid_t ended;
	int r = spawn(launch, streams, argv, &pid);

	if (r < 0)
		return error_set(err, -r, "starting %s: %s", argv[0], strerror(-r));
	do
		ended = waitpid(pid, ret_status, 0);
	while (ended < 0 && errno == EINTR);
	return ended < 0 ? error_from_errno(err, "waiting for %s", argv[0]) : 0;
}

static int read_stream(int fd, size_t limit, struct text *ret, struct error *err)
{
	int r = lseek(fd, 0, SEEK_SET) < 0 ? -errno : file_read_fd(fd, limit, ret);

	return r < 0 ? error_set(err, -r, "reading the stage1's answer: %s", strerror(-r)) : 0;
}

static int build_argv(const struct launch *launch, struct option_list *ret, struct error *err)
{
	struct arena *arena = launch->call->arena;
	const struct image_manifest *stage1 = &launch->stage1.manifest;
	struct option_list warnings = { 0 };
	struct stage1_run description;
	struct uuid uuid;
	const char *entrypoint;
	int r = stage1_entrypoint(stage1, STAGE1_EXPLAIN, &entrypoint, err);

	if (r == 0)
		r = launch_describe_run(launch, &description, err);
	if (r == 0)
		r = uuid_generate(&uuid, err);
	if (r < 0)
		return r;
	description.uuid = arena_string(arena, uuid.text);
	description.program = arena_printf(arena, "%s/cas/tree/%s/rootfs%s", launch->data_path,
					   launch->stage1.stored.tree_id, entrypoint);
	description.has_private_users = launch->request->private_users;
	description.user_base = description.user_count = 65536; /* any range of that size will do */
	if (description.uuid == NULL || description.program == NULL ||
	    stage1_run_argv(arena, stage1, &description, ret, &warnings) < 0)
		return error_set(err, ENOMEM, "out of memory");
	return 0;
}

static const struct json_field verdict_fields[] = {
	{ .name = "app",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_NULLABLE,
	  .offset = offsetof(struct explained_verdict, app) },
	{ .name = "request",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct explained_verdict, request) },
	{ .name = "asked",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct explained_verdict, asked) },
	{ .name = "verdict",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct explained_verdict, verdict) },
	{ .name = "detail",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct explained_verdict, detail) },
};

static const struct json_table verdict_table = JSON_TABLE(struct explained_verdict, verdict_fields);

/* Other members of the plan may come and go; name and verdicts are what is compared. */
static int decode(struct json_decoder *decoder, struct explained *explained)
{
	const struct json_value *name = json_value_member(&explained->plan, "isolator");
	const struct json_value *verdicts = json_value_member(&explained->plan, "verdicts");
	void *items = NULL;
	int r;

	if (name == NULL || name->kind != JSON_VALUE_STRING || verdicts == NULL)
		return json_refuse(decoder, "it has no isolator or no verdicts");
	json_enter_field(decoder, "verdicts");
	r = json_decode_array(decoder, verdicts, &verdict_table, &items, &explained->n_verdicts);
	json_leave(decoder);
	explained->isolator = name->string;
	explained->verdicts = items;
	return r;
}

static int parse(const struct launch *launch, const struct text *output,
		 struct explained *explained, struct error *err)
{
	struct arena *arena = launch->call->arena;
	struct json_decoder decoder = { .arena = arena, .place = "the stage1's plan", .err = err };
	const struct json_source source = { .text = text_string(output),
					    .length = output->length,
					    .max_bytes = PLAN_MAX_BYTES,
					    .place = decoder.place };
	int r = json_read(arena, &source, &explained->plan, err);

	return r < 0 ? r : decode(&decoder, explained);
}

/* The last line of what it said, without its newline. */
static const char *last_line(struct arena *arena, const struct text *message)
{
	const char *start = text_string(message);
	size_t length = message->length;
	size_t from;

	while (length > 0 && start[length - 1] == '\n')
		length--;
	for (from = length; from > 0 && start[from - 1] != '\n'; from--)
		;
	return length > 0 ? arena_bytes(arena, start + from, length - from) : "it gives no reason";
}

static const char *short_name(struct arena *arena, const char *name)
{
	const char *dash = strrchr(name, '-');

	return arena_string(arena, dash != NULL ? dash + 1 : name);
}

static int take_answer(const struct launch *launch, const struct streams *streams, int status,
		       struct explained *explained, struct error *err)
{
	auto_text struct text output = { 0 }, message = { 0 };
	struct arena *arena = launch->call->arena;
	int r = read_stream(streams->fds[1], PLAN_MAX_BYTES, &output, err);

	if (r == 0)
		r = read_stream(streams->fds[2], MESSAGE_MAX_BYTES, &message, err);
	if (r < 0)
		return r;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return parse(launch, &output, explained, err);
	explained->isolator = short_name(arena, launch->stage1.manifest.name);
	explained->refusal = last_line(arena, &message);
	return explained->isolator == NULL || explained->refusal == NULL
		   ? error_set(err, ENOMEM, "out of memory")
		   : 0;
}

int stage1_explain(const struct launch *launch, struct explained *ret, struct error *err)
{
	auto_streams struct streams streams = { { FD_NONE, FD_NONE, FD_NONE } };
	struct explained explained = { 0 };
	struct option_list argv = { 0 };
	int status = 0;
	int r = build_argv(launch, &argv, err);

	if (r == 0)
		r = open_streams(&launch->pod, &streams, err);
	if (r == 0 && argv.items != NULL)
		r = run(launch, &streams, argv.items, &status, err);
	if (r == 0)
		r = take_answer(launch, &streams, status, &explained, err);
	if (r < 0)
		return error_prefix(err, "asking the stage1 %s", launch->stage1.manifest.name);
	explained.stage1 = launch_stage1_name(launch);
	if (explained.stage1 == NULL)
		return error_set(err, ENOMEM, "out of memory");
	*ret = explained;
	return 0;
}
