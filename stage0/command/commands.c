/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/command/commands.h"

#include "common/base/cleanup.h"

const struct command *const commands[] = {
	&command_help,
	&command_version,
};

const size_t n_commands = ARRAY_LENGTH(commands);
