/* SPDX-License-Identifier: Apache-2.0 */
/*
 * program.h - the commands as one program: look-up, parsing, help.
 */
#pragma once

#include "stage0/command.h"

/*
 * Where the command's name is in argv[0 … argc-1]: the first argument that is neither
 * an option nor the value of one; options of commands are known before it, too.  -1: nowhere.
 */
int program_find_word(int argc, char *const argv[]);

/*
 * The command of that name, or the only one whose name begins so; below: the command
 * whose subcommands are meant, NULL: the program's own.  NULL: there is none.
 */
const struct command *program_find(const struct command *below, const char *name);

/* The arguments without the one at word; NULL: no memory. */
char **program_without_word(struct arena *arena, int argc, char *const argv[], int word);

/*
 * Parses argv (what follows the command's name) into global, call->options and
 * call->arguments, which it allocates, and calls the command; with --help prints
 * that instead.  Sets call->global, and call->command to the subcommand if there is one.
 */
int program_call(struct command_call *call, struct global_options *global, int argc,
		 char *const argv[], struct error *err) MUST_CHECK;

/* Help of one command, or of the program (NULL), to stdout. */
int program_print_help(struct arena *arena, const struct command *command,
		       struct error *err) MUST_CHECK;

/* The whole program for the generators of help, completion and man pages; NULL: memory. */
struct option_program *program_describe(struct arena *arena);
