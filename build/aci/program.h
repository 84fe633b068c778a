/* SPDX-License-Identifier: Apache-2.0 */
/*
 * program.h - the commands of aci as one program: look-up, global options, description.
 *
 * Not in main.c because the generators of the man page and the completion need it too.
 */
#pragma once

#include "build/aci/aci.h"
#include "common/base/arena.h"

/* NULL: no command of that name. */
const struct aci_command *aci_program_find(const char *name);

/* The options that may stand before the command or after it, filling target. */
struct option_set aci_program_global(struct aci_options *target);

/* The options of one command alone. */
struct option_set aci_program_own(const struct aci_command *command, struct aci_options *target);

/*
 * The whole program, for help and its other generators; NULL: no memory.  Lives in the
 * arena; its commands have the order of the help.
 */
struct option_program *aci_program_describe(struct arena *arena);
