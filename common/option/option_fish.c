/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "common/option/option_text.h"
#include "common/option/option_words.h"

/*
 * The script has one function that finds the command among the words, and a line for each thing
 * that can be offered, with the command that it is offered for.
 */

static void write_condition(const struct option_program *program, const char *command,
			    struct text *out)
{
	(void)text_printf(out, "complete -c %s", program->name);
	if (command != NULL)
		(void)text_printf(out, " -n '__%s_is \"%s\"'", program->name, command);
}

static void write_help(const char *help, struct text *out)
{
	(void)text_append(out, " -d '");
	option_write_quoted(help, "\\'", '\\', out);
	(void)text_append(out, "'\n");
}

static void write_value_words(const struct option_spec *spec, struct text *out)
{
	if (spec->kind == OPTION_FLAG || spec->implied != NULL)
		return;
	if (spec->choices != NULL) {
		(void)text_append(out, " -x -a '");
		for (size_t i = 0; spec->choices[i] != NULL; i++)
			(void)text_printf(out, "%s%s", i > 0 ? " " : "", spec->choices[i]);
		(void)text_append_char(out, '\'');
	} else if (spec->completion == OPTION_COMPLETE_NOTHING) {
		(void)text_append(out, " -x");
	} else if (spec->completion == OPTION_COMPLETE_FILE) {
		(void)text_append(out, " -r -F");
	} else {
		(void)text_append(out, " -x -a '(__fish_complete_directories)'");
	}
}

/* command NULL: of every command. */
static void write_options(const struct option_program *program, const char *command,
			  const struct option_set *set, struct text *out)
{
	for (size_t i = 0; i < set->n_specs; i++) {
		const struct option_spec *spec = &set->specs[i];

		if (spec->hidden)
			continue;
		write_condition(program, command, out);
		(void)text_printf(out, " -l %s", spec->name);
		if (spec->letter != 0)
			(void)text_printf(out, " -s %c", spec->letter);
		write_value_words(spec, out);
		write_help(spec->help, out);
	}
}

static void write_name(const struct option_program *program, const char *above,
		       const struct option_command *command, struct text *out)
{
	write_condition(program, above, out);
	(void)text_printf(out, " -a %s", option_last_word(command));
	write_help(command->summary, out);
}

static void write_arguments(const struct option_program *program,
			    const struct option_command *command, struct text *out)
{
	write_condition(program, command->name, out);
	(void)text_append(out, " -F");
	if (command->arguments != NULL) {
		(void)text_printf(out, " -a '(%s %s 2>/dev/null", program->name,
				  command->arguments);
		if (command->among != NULL)
			(void)text_printf(out, " | string match -e \"%s\"", command->among);
		(void)text_append(out, " | cut -f1)'");
	}
	(void)text_append_char(out, '\n');
}

static void write_command(const struct option_program *program,
			  const struct option_command *command, struct text *out)
{
	for (size_t i = 0; i < command->n_sets; i++)
		write_options(program, command->name, &command->sets[i], out);
	if (command->n_subcommands == 0)
		write_arguments(program, command, out);
	for (size_t i = 0; i < command->n_subcommands; i++) {
		write_name(program, command->name, &command->subcommands[i], out);
		write_command(program, &command->subcommands[i], out);
	}
}

static void write_functions(const struct option_program *program, struct text *out)
{
	(void)text_printf(out,
			  "# fish completion for %s, generated from its option tables\n"
			  "function __%s_is\n"
			  "\tset -l command\n"
			  "\tfor word in (commandline -opc)[2..-1]\n"
			  "\t\tif test -z \"$command\"\n"
			  "\t\t\tcontains -- $word",
			  program->name, program->name);
	option_write_names(program, out);
	(void)text_append(out, "; and set command $word\n"
			       "\t\telse\n"
			       "\t\t\tcontains -- \"$command/$word\"");
	option_write_pairs(program, out);
	(void)text_printf(out,
			  "; and set command \"$command $word\"\n"
			  "\t\tend\n"
			  "\tend\n"
			  "\ttest \"$command\" = \"$argv\"\n"
			  "end\n"
			  "complete -c %s -f\n",
			  program->name);
}

void option_write_fish(const struct option_program *program, struct text *out)
{
	write_functions(program, out);
	if (program->global != NULL)
		write_options(program, NULL, program->global, out);
	for (size_t i = 0; i < program->n_commands; i++) {
		if (program->commands[i].hidden)
			continue;
		write_name(program, "", &program->commands[i], out);
		write_command(program, &program->commands[i], out);
	}
}
