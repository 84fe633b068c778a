/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "stage0/program.h"

static int run(const struct command_call *call, struct error *err)
{
	const struct command *command = NULL;

	if (call->n_arguments > 1)
		return error_set(err, EINVAL, "unexpected argument \"%s\"", call->arguments[1]);
	if (call->n_arguments == 1) {
		command = program_find(call->arguments[0]);
		if (command == NULL)
			return error_set(err, EINVAL, "unknown command \"%s\"", call->arguments[0]);
	}
	return program_print_help(call->arena, command, err);
}

const struct command command_help = {
	.name = "help",
	.synopsis = "[COMMAND]",
	.summary = "explains rkt or one of its commands",
	.run = run,
};
