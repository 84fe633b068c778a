/* SPDX-License-Identifier: Apache-2.0 */
/*
 * generator.h - the command line that the generators of all programs' pages have.
 *
 *	generate man [COMMAND] PROSE	one page; PROSE is its hand-written part
 *	generate bash			the completion script
 *	generate commands		the names of all commands that people see, one a line; a
 *					subcommand's begins with that of its command
 */
#pragma once

#include "common/base/arena.h"
#include "common/option/option_text.h"

/* What differs from program to program. */
struct generator {
	/* NULL: no memory. */
	struct option_program *(*describe)(struct arena *arena);
	/* The page of the whole program. */
	void (*write_program)(const struct option_program *program, const char *prose,
			      struct text *out);
	/* The page of one command; NULL: commands have no page of their own. */
	void (*write_command)(const struct option_program *program,
			      const struct option_command *command, const char *prose,
			      struct text *out);
};

/* The whole of main(): prints to stdout, an error to stderr; returns the exit status. */
int generator_run(const struct generator *generator, int argc, char *const argv[]) MUST_CHECK;
