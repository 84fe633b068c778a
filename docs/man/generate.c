/* SPDX-License-Identifier: Apache-2.0 */
/*
 * generate - writes rkt's man pages and its bash completion at build time.
 *
 * A page for each command and one for the program.  Name, synopsis and options come from
 * the tables that rkt parses its line with.
 */
#include "docs/man/generator.h"
#include "docs/man/page.h"
#include "stage0/program.h"
#include "stage0/version.h"

/* A section of the page of the command that it belongs to. */
static void write_subcommand(const struct option_program *program,
			     const struct option_command *command, struct text *out)
{
	(void)text_printf(out, ".SH %s ", program->name);
	page_append_name(out, command->name);
	(void)text_append(out, "\n");
	page_write_usage(program, command, out);
	(void)text_printf(out, ".PP\n%s.\n", command->summary);
	for (size_t i = 0; i < command->n_sets; i++)
		option_write_man(&command->sets[i], out);
}

static void write_command(const struct option_program *program,
			  const struct option_command *command, const char *prose, struct text *out)
{
	auto_text struct text page = { 0 };

	(void)text_printf(&page, "%s-%s", program->name, command->name);
	page_write_title(program, text_string(&page), command->summary, RKT_VERSION, out);
	(void)text_append(out, ".SH SYNOPSIS\n");
	page_write_usage(program, command, out);
	(void)text_append(out, prose);
	for (size_t i = 0; i < command->n_subcommands; i++)
		write_subcommand(program, &command->subcommands[i], out);
	if (command->n_sets > 0) {
		(void)text_append(out, ".SH OPTIONS\nThe global options of\n.BR rkt (1)\nmay stand "
				       "here too.\n");
		page_write_sets(command->sets, command->n_sets, out);
	}
	(void)text_append(out, ".SH SEE ALSO\n.BR rkt (1)\n");
}

static void write_program(const struct option_program *program, const char *prose, struct text *out)
{
	page_write_title(program, program->name, program->summary, RKT_VERSION, out);
	(void)text_append(out, ".SH SYNOPSIS\n.B rkt\n[options] COMMAND [options] [arguments]\n");
	(void)text_append(out, prose);
	(void)text_append(out, ".SH COMMANDS\n");
	for (size_t i = 0; i < program->n_commands; i++) {
		if (program->commands[i].hidden)
			continue;
		(void)text_append(out, ".TP\n.BR rkt\\-");
		page_append_name(out, program->commands[i].name);
		(void)text_printf(out, " (1)\n%s.\n", program->commands[i].summary);
	}
	(void)text_append(out, ".SH GLOBAL OPTIONS\n");
	page_write_sets(program->global, 1, out);
	(void)text_append(out, ".SH SEE ALSO\n.BR aci (1)\n");
}

int main(int argc, char *argv[])
{
	static const struct generator generator = { .describe = program_describe,
						    .write_program = write_program,
						    .write_command = write_command };

	return generator_run(&generator, argc, argv);
}
