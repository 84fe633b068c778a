/* SPDX-License-Identifier: Apache-2.0 */
/*
 * completion - a script that teaches a shell the commands and options of this program.
 */
#include <stdio.h>

#include "stage0/program.h"

static int run(const struct command_call *call, struct error *err)
{
	auto_text struct text out = { 0 };
	const struct option_program *program;
	option_completion_writer *write;

	if (call->n_arguments == 0)
		return error_set(err, EINVAL, "shell type is not specified");
	if (call->n_arguments > 1)
		return error_set(err, EINVAL, "too many arguments, only shell type is expected");
	write = option_find_completion(call->arguments[0]);
	if (write == NULL)
		return error_set(err, EINVAL, "'%s' shell is not supported", call->arguments[0]);
	program = program_describe(call->arena);
	if (program == NULL)
		return error_set(err, ENOMEM, "out of memory");
	write(program, &out);
	if (text_status(&out) < 0 || fputs(text_string(&out), stdout) == EOF)
		return error_set(err, EIO, "writing the script");
	return 0;
}

const struct command command_completion = {
	.name = "completion",
	.synopsis = "bash|fish|zsh",
	.summary = "prints a completion script for a shell",
	.run = run,
};
