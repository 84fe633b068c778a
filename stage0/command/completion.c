/* SPDX-License-Identifier: Apache-2.0 */
/*
 * completion - a script that teaches a shell the commands and options of this program.
 */
#include <stdio.h>
#include <string.h>

#include "stage0/program.h"

static int run(const struct command_call *call, struct error *err)
{
	auto_text struct text out = { 0 };
	const struct option_program *program;

	if (call->n_arguments == 0)
		return error_set(err, EINVAL, "shell type is not specified");
	if (call->n_arguments > 1)
		return error_set(err, EINVAL, "too many arguments, only shell type is expected");
	if (strcmp(call->arguments[0], "bash") != 0)
		return error_set(err, EINVAL, "'%s' shell is not supported", call->arguments[0]);
	program = program_describe(call->arena);
	if (program == NULL)
		return error_set(err, ENOMEM, "out of memory");
	option_write_bash(program, &out);
	if (text_status(&out) < 0 || fputs(text_string(&out), stdout) == EOF)
		return error_set(err, EIO, "writing the script");
	return 0;
}

const struct command command_completion = {
	.name = "completion",
	.synopsis = "bash",
	.summary = "prints a completion script for a shell",
	.run = run,
};
