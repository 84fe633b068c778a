/* SPDX-License-Identifier: Apache-2.0 */
#include "cni/plugin/delegate.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/json/json_reader.h"
#include "common/process/program_run.h"

#define MAX_ANSWER_BYTES    ((size_t)1 << 20)
#define MAX_COMPLAINT_BYTES 4096
#define TIMEOUT_MS          120000 /* dhcp may wait for its server */

static bool is_type(const char *type)
{
	size_t length = strlen(type);

	return length > 0 && length <= 64 && isalnum((unsigned char)type[0]) &&
	       strspn(type, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
		   length;
}

/* The first executable of that name in CNI_PATH; NULL: none. */
static const char *find_program(struct plugin_call *call, const char *type)
{
	const char *at = call->path;

	while (*at != '\0') {
		size_t length = strcspn(at, ":");
		const char *path = arena_printf(call->arena, "%.*s/%s", (int)length, at, type);

		if (path != NULL && path[0] == '/' && access(path, X_OK) == 0)
			return path;
		at += length;
		at += *at == ':';
	}
	return NULL;
}

/* Only what the protocol has, and PATH, which plugins find their own helpers by. */
static const char *const *environment_of(struct plugin_call *call, const char *command)
{
	const char *path = getenv("PATH");
	const char **environment = arena_array(call->arena, 8, const char *);

	if (environment == NULL)
		return NULL;
	environment[0] = arena_printf(call->arena, "CNI_COMMAND=%s", command);
	environment[1] = arena_printf(call->arena, "CNI_CONTAINERID=%s", call->container);
	environment[2] = arena_printf(call->arena, "CNI_NETNS=%s", call->netns);
	environment[3] = arena_printf(call->arena, "CNI_IFNAME=%s", call->interface);
	environment[4] = arena_printf(call->arena, "CNI_ARGS=%s", call->arguments);
	environment[5] = arena_printf(call->arena, "CNI_PATH=%s", call->path);
	environment[6] = arena_printf(call->arena, "PATH=%s",
				      path != NULL ? path : "/usr/sbin:/usr/bin:/sbin:/bin");
	for (size_t i = 0; i < 7; i++)
		if (environment[i] == NULL)
			return NULL;
	return environment;
}

static int read_answer(struct plugin_call *call, const char *type, const struct text *answer,
		       struct json_value *ret, struct error *err)
{
	struct json_source source = { .text = text_string(answer),
				      .length = answer->length,
				      .max_bytes = MAX_ANSWER_BYTES,
				      .place = arena_printf(call->arena, "answer of %s", type) };

	if (source.place == NULL)
		return error_set(err, ENOMEM, "out of memory");
	return json_read(call->arena, &source, ret, err);
}

static int tell_failure(struct plugin_call *call, const char *type,
			const struct program_answer *answer, struct error *err)
{
	struct json_value value;
	struct cni_error said = { 0 };
	struct error ignored = { 0 };

	if (read_answer(call, type, &answer->out, &value, &ignored) == 0 &&
	    cni_error_read(call->arena, &value, type, &said, &ignored) == 0) {
		if (said.code != 0)
			call->code = said.code;
		return error_set(err, EREMOTEIO, "%s: %s", type, said.msg);
	}
	return error_set(err, EREMOTEIO, "%s: it failed without a CNI error: %.200s", type,
			 text_string(&answer->complaints));
}

int delegate_run(struct plugin_call *call, const char *type, const char *command,
		 struct cni_result *result, struct error *err)
{
	auto_program_answer struct program_answer answer = {
		.out = { .cap = MAX_ANSWER_BYTES }, .complaints = { .cap = MAX_COMPLAINT_BYTES }
	};
	const char *const argv[] = { type, NULL };
	struct program_run program = { .argv = argv,
				       .input = call->text,
				       .input_length = call->length,
				       .timeout_ms = TIMEOUT_MS };
	struct json_value value;
	int r;

	call->code = CNI_ERROR_CONFIG;
	if (!is_type(type))
		return error_set(err, EINVAL, "\"%.64s\" is no name of a plugin", type);
	program.path = find_program(call, type);
	if (program.path == NULL)
		return error_set(err, ENOENT, "there is no plugin %s in CNI_PATH", type);
	call->code = PLUGIN_ERROR_FAILED;
	program.environment = environment_of(call, command);
	if (program.environment == NULL)
		return error_set(err, ENOMEM, "out of memory");
	r = program_run(&program, &answer, err);
	if (r < 0)
		return error_prefix(err, "%s", type);
	if (!WIFEXITED(answer.wait_status) || WEXITSTATUS(answer.wait_status) != 0)
		return tell_failure(call, type, &answer, err);
	if (result == NULL)
		return 0;
	r = read_answer(call, type, &answer.out, &value, err);
	return r == 0 ? cni_result_read(call->arena, &value, type, result, err) : r;
}
