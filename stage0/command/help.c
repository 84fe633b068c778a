/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "stage0/program.h"

static int run(const struct command_call *call, struct error *err)
{
	const struct command *command = NULL;

	for (size_t i = 0; i < call->n_arguments; i++) {
		if (command != NULL && command->subcommands == NULL)
			return error_set(err, EINVAL, "unexpected argument \"%s\"",
					 call->arguments[i]);
		command = program_find(command, call->arguments[i]);
		if (command == NULL)
			return error_set(err, EINVAL, "unknown command \"%s\"", call->arguments[i]);
	}
	return program_print_help(call->arena, command, err);
}

const struct command command_help = {
	.name = "help",
	.synopsis = "[COMMAND [COMMAND]]",
	.summary = "explains rkt or one of its commands",
	.run = run,
};
