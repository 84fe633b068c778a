/* SPDX-License-Identifier: Apache-2.0 */
/*
 * generate - writes rkt's man pages and its bash completion at build time.
 *
 *	generate man [COMMAND] PROSE	one page; PROSE is its hand-written part
 *	generate bash			the completion script
 *	generate commands		the names of all commands that have a page
 *
 * Name, synopsis and options come from the tables that rkt parses its line with.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "stage0/program.h"
#include "stage0/version.h"

#define PROSE_MAX_BYTES ((size_t)256 << 10)

static const struct option_command *find_command(const struct option_program *program,
						 const char *name)
{
	for (size_t i = 0; i < program->n_commands; i++)
		if (strcmp(program->commands[i].name, name) == 0)
			return &program->commands[i];
	return NULL;
}

/* The dash of "run-prepared" is one of a name, not a hyphen. */
static void append_name(struct text *out, const char *name)
{
	for (; *name != '\0'; name++)
		(void)text_printf(out, "%s%c", *name == '-' ? "\\" : "", *name);
}

static void write_title(const char *page, const char *summary, struct text *out)
{
	(void)text_append(out, ".\\\" Generated from rkt's option tables.\n.TH ");
	for (const char *p = page; *p != '\0'; p++)
		(void)text_append_char(out, (char)toupper((unsigned char)*p));
	(void)text_printf(out, " 1 \"\" \"rkt %s\" \"rkt\"\n.SH NAME\n", RKT_VERSION);
	append_name(out, page);
	(void)text_printf(out, " \\- %s\n", summary);
}

static void write_sets(const struct option_set *sets, size_t n, struct text *out)
{
	for (size_t i = 0; i < n; i++) {
		if (n > 1)
			(void)text_printf(out, ".SS %s\n", sets[i].title);
		option_write_man(&sets[i], out);
	}
}

static void write_command(const struct option_command *command, const char *prose, struct text *out)
{
	auto_text struct text page = { 0 };

	(void)text_printf(&page, "rkt-%s", command->name);
	write_title(text_string(&page), command->summary, out);
	(void)text_append(out, ".SH SYNOPSIS\n.B rkt ");
	append_name(out, command->name);
	(void)text_append(out, "\n");
	append_name(out, command->synopsis);
	(void)text_printf(out, "\n%s", prose);
	if (command->n_sets > 0) {
		(void)text_append(out, ".SH OPTIONS\nThe global options of\n.BR rkt (1)\nmay stand "
				       "here too.\n");
		write_sets(command->sets, command->n_sets, out);
	}
	(void)text_append(out, ".SH SEE ALSO\n.BR rkt (1)\n");
}

static void write_program(const struct option_program *program, const char *prose, struct text *out)
{
	write_title(program->name, program->summary, out);
	(void)text_append(out, ".SH SYNOPSIS\n.B rkt\n[options] COMMAND [options] [arguments]\n");
	(void)text_append(out, prose);
	(void)text_append(out, ".SH COMMANDS\n");
	for (size_t i = 0; i < program->n_commands; i++) {
		if (program->commands[i].hidden)
			continue;
		(void)text_append(out, ".TP\n.BR rkt\\-");
		append_name(out, program->commands[i].name);
		(void)text_printf(out, " (1)\n%s.\n", program->commands[i].summary);
	}
	(void)text_append(out, ".SH GLOBAL OPTIONS\n");
	write_sets(program->global, 1, out);
}

static int write_man(const struct option_program *program, const char *name, const char *path,
		     struct text *out, struct error *err)
{
	auto_text struct text prose = { 0 };
	const struct option_command *command = name == NULL ? NULL : find_command(program, name);
	int r = file_read_at(AT_FDCWD, path, PROSE_MAX_BYTES, &prose, err);

	if (r < 0)
		return r;
	if (name != NULL && command == NULL)
		return error_set(err, EINVAL, "there is no command %s", name);
	if (command == NULL)
		write_program(program, text_string(&prose), out);
	else
		write_command(command, text_string(&prose), out);
	return 0;
}

static int generate(const struct option_program *program, int argc, char *const argv[],
		    struct text *out, struct error *err)
{
	if (argc >= 3 && argc <= 4 && strcmp(argv[1], "man") == 0)
		return write_man(program, argc == 4 ? argv[2] : NULL, argv[argc - 1], out, err);
	if (argc == 2 && strcmp(argv[1], "bash") == 0) {
		option_write_bash(program, out);
		return 0;
	}
	if (argc != 2 || strcmp(argv[1], "commands") != 0)
		return error_set(err, EINVAL,
				 "man [COMMAND] PROSE, bash or commands must be given");
	for (size_t i = 0; i < program->n_commands; i++)
		if (!program->commands[i].hidden)
			(void)text_printf(out, "%s\n", program->commands[i].name);
	return 0;
}

int main(int argc, char *argv[])
{
	auto_arena struct arena arena = { 0 };
	auto_text struct text out = { 0 };
	struct error err = { 0 };
	const struct option_program *program = program_describe(&arena);
	int r = program == NULL ? error_set(&err, ENOMEM, "out of memory")
				: generate(program, argc, argv, &out, &err);

	if (r == 0 && (text_status(&out) < 0 || fputs(text_string(&out), stdout) == EOF ||
		       fflush(stdout) != 0))
		r = error_set(&err, EIO, "writing the text");
	if (r < 0)
		(void)fprintf(stderr, "generate: %s\n", err.text);
	return r < 0;
}
