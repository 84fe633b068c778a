/* SPDX-License-Identifier: Apache-2.0 */
/*
 * option_text.h - what people read about a command line, from its tables.
 *
 * Each function appends to out; text_status(out) tells whether it fitted.
 * Hidden options and commands appear nowhere.
 */
#pragma once

#include "common/base/text.h"
#include "common/option/option.h"

/* One command of a program: "rkt run". */
struct option_command {
	const char *name;     /* "run" */
	const char *synopsis; /* "[options] IMAGE…": what follows the name */
	const char *summary;  /* one line, no full stop */
	const struct option_set *sets;
	size_t n_sets;
	bool hidden;
	/* For the shell: what the program is called with to list, one a line and up to the first
	 * tab, what can be an argument; only lines with the word among.  NULL: files; all lines. */
	const char *arguments, *among;
	const struct option_command *subcommands; /* their names begin with this one's */
	size_t n_subcommands;
};

struct option_program {
	const char *name;    /* "rkt" */
	const char *summary; /* "runs pods of App Container images" */
	const struct option_command *commands;
	size_t n_commands;               /* 0: a program without commands */
	const struct option_set *global; /* options before or after the command; NULL: none */
};

/* The option list of --help: two columns, at most 80 wide. */
void option_write_help(const struct option_set *set, struct text *out);

/* The whole --help of a command: usage, summary, options. */
void option_write_command_help(const struct option_program *program,
			       const struct option_command *command, struct text *out);

/* The --help of the program: usage, commands, global options. */
void option_write_program_help(const struct option_program *program, struct text *out);

/* The options as a list of roff paragraphs (man(7) macros). */
void option_write_man(const struct option_set *set, struct text *out);

/* A completion script for the program. */
void option_write_bash(const struct option_program *program, struct text *out);
void option_write_fish(const struct option_program *program, struct text *out);
void option_write_zsh(const struct option_program *program, struct text *out);

/* The writer of the script for a shell, "bash"; NULL: it is not known. */
typedef void option_completion_writer(const struct option_program *program, struct text *out);
option_completion_writer *option_find_completion(const char *shell);
