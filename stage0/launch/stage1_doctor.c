/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/launch/stage1_doctor.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/json/json_decoder.h"
#include "common/json/json_reader.h"
#include "common/process/program_run.h"
#include "stage0/launch/stage1_call.h"
#include "stage0/pods/stage1_program.h"

#define ANSWER_MAX_BYTES ((size_t)1 << 20)

/* It starts programs that tell their versions, and perhaps makes a machine. */
static const int patience_ms = 60000;

static const char place[] = "what the stage1 has found";

static const struct json_field check_fields[] = {
	{ .name = "name",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct examined_check, name) },
	{ .name = "state",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct examined_check, state) },
	{ .name = "found",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct examined_check, found) },
	{ .name = "mend",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct examined_check, mend) },
};

static const struct json_table check_table = JSON_TABLE(struct examined_check, check_fields);

static int decode(const struct launch *launch, const struct json_value *value,
		  struct examined *examined, struct error *err)
{
	struct json_decoder decoder = { .arena = launch->call->arena, .place = place, .err = err };
	const struct json_value *isolator = json_value_member(value, "isolator");
	const struct json_value *can_run = json_value_member(value, "canRun");
	const struct json_value *checks = json_value_member(value, "checks");
	void *items = NULL;
	int r;

	if (isolator == NULL || isolator->kind != JSON_VALUE_STRING || can_run == NULL ||
	    can_run->kind != JSON_VALUE_BOOL || checks == NULL)
		return json_refuse(&decoder, "it has no isolator, canRun or checks");
	json_enter_field(&decoder, "checks");
	r = json_decode_array(&decoder, checks, &check_table, &items, &examined->n_checks);
	json_leave(&decoder);
	examined->isolator = isolator->string;
	examined->can_run = can_run->flag;
	examined->checks = items;
	return r;
}

static int parse(const struct launch *launch, const struct text *output, struct examined *examined,
		 struct error *err)
{
	struct arena *arena = launch->call->arena;
	const struct json_source source = { .text = arena_bytes(arena, text_string(output),
								output->length),
					    .length = output->length,
					    .max_bytes = ANSWER_MAX_BYTES,
					    .place = place };
	struct json_value value;
	int r = source.text == NULL ? error_set(err, ENOMEM, "out of memory")
				    : json_read(arena, &source, &value, err);

	return r < 0 ? r : decode(launch, &value, examined, err);
}

static int ask(const struct launch *launch, struct program_answer *answer, struct error *err)
{
	struct arena *arena = launch->call->arena;
	const char *argv[] = { NULL, NULL, NULL }, *entrypoint;
	struct program_run run = {
		.argv = argv,
		.environment = (const char *const *)(uintptr_t)launch->call->environment,
		.timeout_ms = patience_ms,
	};
	int r = stage1_entrypoint(&launch->stage1.manifest, STAGE1_DOCTOR, &entrypoint, err);

	if (r < 0)
		return r;
	argv[0] = arena_printf(arena, "%s/cas/tree/%s/rootfs%s", launch->data_path,
			       launch->stage1.stored.tree_id, entrypoint);
	argv[1] = arena_printf(arena, "--dir=%s", launch->data_path);
	if (argv[0] == NULL || argv[1] == NULL)
		return error_set(err, ENOMEM, "out of memory");
	run.path = argv[0];
	r = program_run(&run, answer, err);
	if (r < 0)
		return r;
	if (!WIFEXITED(answer->wait_status) || WEXITSTATUS(answer->wait_status) != 0)
		return error_set(err, EIO, "%.300s", text_string(&answer->complaints));
	return 0;
}

int stage1_doctor(const struct launch *launch, struct examined *ret, struct error *err)
{
	auto_program_answer struct program_answer answer = { .out.cap = ANSWER_MAX_BYTES,
							     .complaints.cap = 65536 };
	struct examined examined = { .stage1 = launch_stage1_name(launch) };
	int r = ask(launch, &answer, err);

	if (r == 0)
		r = parse(launch, &answer.out, &examined, err);
	if (r == 0 && examined.stage1 == NULL)
		r = error_set(err, ENOMEM, "out of memory");
	if (r < 0)
		return error_prefix(err, "asking the stage1 %s", launch->stage1.manifest.name);
	*ret = examined;
	return 0;
}

/* What the stage1 prints goes to a file without a name, so it cannot be made to wait. */
static int ask_pod(const struct launch *launch, const struct pod_dir *pod, struct text *answer,
		   struct error *err)
{
	auto_close int output = memfd_create("doctor", MFD_CLOEXEC);
	char *arguments[] = { NULL, (char *)(uintptr_t)pod->uuid.text, NULL };
	struct stage1_call stage1 = { .pod = pod,
				      .data_path = launch->data_path,
				      .arguments = arguments,
				      .environment = launch->call->environment,
				      .view = STAGE1_READ_ONLY,
				      .output = output };
	int status = 0, r;

	if (output < 0)
		return error_from_errno(err, "asking the stage1");
	r = stage1_program_path(pod, launch->call->arena, STAGE1_DOCTOR, &stage1.program, err);
	if (r == 0)
		r = stage1_program_run(&stage1, &status, err);
	if (r < 0)
		return r;
	if (status != 0)
		return error_set(err, EIO, "the stage1's doctor ended with status %d", status);
	r = lseek(output, 0, SEEK_SET) < 0 ? -errno
					   : file_read_fd(output, ANSWER_MAX_BYTES, answer);
	return r < 0 ? error_set(err, -r, "reading the stage1's answer: %s", strerror(-r)) : 0;
}

int stage1_doctor_pod(const struct launch *launch, const char *uuid, struct examined *ret,
		      struct error *err)
{
	auto_pod_dir struct pod_dir pod = POD_DIR_NONE;
	auto_text struct text answer = { 0 };
	struct examined examined = { 0 };
	int r = pod_find(&launch->pods, uuid, &pod, err);

	if (r == 0 && pod_state(&pod) != POD_RUNNING)
		r = error_set(err, ESRCH, "it is not running");
	if (r == 0)
		r = ask_pod(launch, &pod, &answer, err);
	if (r == 0)
		r = parse(launch, &answer, &examined, err);
	if (r < 0)
		return error_prefix(err, "pod \"%s\"", uuid);
	examined.pod = arena_string(launch->call->arena, pod.uuid.text);
	if (examined.pod == NULL)
		return error_set(err, ENOMEM, "out of memory");
	*ret = examined;
	return 0;
}
