/* SPDX-License-Identifier: Apache-2.0 */
/*
 * generate_aci - writes aci's man page and its bash completion at build time.
 *
 * One page for all commands: they are few and have few options.
 */
#include "build/aci/program.h"
#include "docs/man/generator.h"
#include "docs/man/page.h"

static void write_command(const struct option_program *program,
			  const struct option_command *command, struct text *out)
{
	(void)text_printf(out, ".SS %s ", program->name);
	page_append_name(out, command->name);
	(void)text_printf(out, "\n%s.\n", command->summary);
	page_write_sets(command->sets, command->n_sets, out);
}

static void write_program(const struct option_program *program, const char *prose, struct text *out)
{
	page_write_title(program, program->name, program->summary, ACI_VERSION, out);
	(void)text_append(out, ".SH SYNOPSIS\n");
	for (size_t i = 0; i < program->n_commands; i++) {
		page_write_usage(program, &program->commands[i], out);
		(void)text_append(out, ".br\n");
	}
	(void)text_append(out, ".B aci help\n[COMMAND]\n");
	(void)text_append(out, prose);
	(void)text_append(out, ".SH COMMANDS\n");
	for (size_t i = 0; i < program->n_commands; i++)
		write_command(program, &program->commands[i], out);
	(void)text_append(out,
			  ".SH GLOBAL OPTIONS\nThey may stand before a command or after it.\n");
	page_write_sets(program->global, 1, out);
	(void)text_append(out, ".SH SEE ALSO\n.BR rkt (1),\n.BR rkt\\-fetch (1)\n");
}

int main(int argc, char *argv[])
{
	static const struct generator generator = { .describe = aci_program_describe,
						    .write_program = write_program };

	return generator_run(&generator, argc, argv);
}
