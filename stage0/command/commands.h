/* SPDX-License-Identifier: Apache-2.0 */
/*
 * commands.h - every command, one constant each; see stage0/command.h.
 */
#pragma once

#include "stage0/command.h"

extern const struct command command_help;
extern const struct command command_version;
