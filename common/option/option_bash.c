/* SPDX-License-Identifier: Apache-2.0 */
#include "common/option/option_text.h"
#include "common/option/option_words.h"

/*
 * The script is one function: it finds the command among the words, takes that
 * command's option words, and offers choices or files for a value.
 */
static void write_option_words(const struct option_set *set, struct text *out)
{
	for (size_t i = 0; i < set->n_specs; i++)
		if (!set->specs[i].hidden)
			(void)text_printf(out, " --%s%s", set->specs[i].name,
					  set->specs[i].kind == OPTION_FLAG ? "" : "=");
}

static void write_value_case(const struct option_spec *spec, struct text *out)
{
	(void)text_printf(out, "\t--%s)\n", spec->name);
	if (spec->choices != NULL) {
		(void)text_append(out, "\t\tCOMPREPLY=($(compgen -W '");
		for (size_t i = 0; spec->choices[i] != NULL; i++)
			(void)text_printf(out, "%s%s", i > 0 ? " " : "", spec->choices[i]);
		(void)text_append(out, "' -- \"$value\"))\n");
	} else {
		(void)text_printf(out, "\t\tCOMPREPLY=($(compgen %s -- \"$value\"))\n",
				  spec->completion == OPTION_COMPLETE_FILE ? "-f" : "-d");
	}
	(void)text_append(out, "\t\treturn ;;\n");
}

static void write_value_cases(const struct option_set *set, struct text *out)
{
	for (size_t i = 0; i < set->n_specs; i++) {
		const struct option_spec *spec = &set->specs[i];

		if (!spec->hidden &&
		    (spec->choices != NULL || spec->completion != OPTION_COMPLETE_NOTHING))
			write_value_case(spec, out);
	}
}

/* What the arguments of a command can be is asked of the program itself. */
static void write_arguments(const struct option_program *program,
			    const struct option_command *command, struct text *out)
{
	if (command->arguments == NULL)
		return;
	(void)text_printf(out, "\t\t[[ $current == -* ]] || arguments=$(%s %s 2>/dev/null",
			  program->name, command->arguments);
	if (command->among != NULL)
		(void)text_printf(out, " | grep '%s'", command->among);
	(void)text_append(out, " | cut -f1)\n");
}

static void write_command(const struct option_program *program,
			  const struct option_command *command, struct text *out)
{
	(void)text_printf(out, "\t'%s')\n\t\twords=\"", command->name);
	for (size_t i = 0; i < command->n_sets; i++)
		write_option_words(&command->sets[i], out);
	(void)text_append(out, " $global\"\n");
	write_arguments(program, command, out);
	(void)text_append(out, "\t\tcase \"$option\" in\n");
	for (size_t i = 0; i < command->n_sets; i++)
		write_value_cases(&command->sets[i], out);
	(void)text_append(out, "\t\tesac ;;\n");
}

/* A command that only leads to others offers their names first. */
static void write_family(const struct option_program *program, const struct option_command *command,
			 struct text *out)
{
	if (command->n_subcommands == 0) {
		write_command(program, command, out);
		return;
	}
	(void)text_printf(out, "\t'%s')\n\t\tnames=1\n\t\twords=\"", command->name);
	for (size_t i = 0; i < command->n_subcommands; i++)
		(void)text_printf(out, "%s ", option_last_word(&command->subcommands[i]));
	(void)text_append(out, "$global\" ;;\n");
	for (size_t i = 0; i < command->n_subcommands; i++)
		write_command(program, &command->subcommands[i], out);
}

static void write_prologue(const struct option_program *program, struct text *out)
{
	(void)text_printf(out,
			  "# bash completion for %s, generated from its option tables\n"
			  "_%s() {\n"
			  "\tlocal current=\"$2\" value=\"$2\" option=\"$3\" command= word words\n"
			  "\tlocal names= arguments=\n",
			  program->name, program->name);
	(void)text_append(out, "\tlocal global=\"");
	if (program->global != NULL)
		write_option_words(program->global, out);
	(void)text_append(out, "\"\n\tlocal commands=\"");
	option_write_names(program, out);
	(void)text_append(out, "\"\n\tlocal pairs=\"");
	option_write_pairs(program, out);
	(void)text_append(out,
			  "\"\n"
			  "\tif [[ $option == = ]]; then\n"
			  "\t\toption=\"${COMP_WORDS[COMP_CWORD-2]}\"\n"
			  "\telif [[ $current == = ]]; then\n"
			  "\t\tvalue=\n"
			  "\tfi\n"
			  "\tfor word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
			  "\t\tif [[ -z $command && \" $commands \" == *\" $word \"* ]]; then\n"
			  "\t\t\tcommand=\"$word\"\n"
			  "\t\telif [[ \" $pairs \" == *\" $command/$word \"* ]]; then\n"
			  "\t\t\tcommand=\"$command $word\"\n"
			  "\t\t\tbreak\n"
			  "\t\tfi\n"
			  "\tdone\n");
}

static void write_epilogue(const struct option_program *program, struct text *out)
{
	(void)text_printf(out,
			  "\tesac\n"
			  "\tif [[ -z $command || -n $names || $current == -* ]]; then\n"
			  "\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
			  "\t\t[[ ${COMPREPLY[0]-} == *= ]] && compopt -o nospace\n"
			  "\telse\n"
			  "\t\tCOMPREPLY=($(compgen -W \"$arguments\" -- \"$current\")\n"
			  "\t\t\t$(compgen -f -- \"$current\"))\n"
			  "\tfi\n"
			  "}\n"
			  "complete -F _%s %s\n",
			  program->name, program->name);
}

void option_write_bash(const struct option_program *program, struct text *out)
{
	write_prologue(program, out);
	if (program->global != NULL) {
		(void)text_append(out, "\tcase \"$option\" in\n");
		write_value_cases(program->global, out);
		(void)text_append(out, "\tesac\n");
	}
	(void)text_append(out, "\tcase \"$command\" in\n"
			       "\t'')\n"
			       "\t\twords=\"$commands $global\" ;;\n");
	for (size_t i = 0; i < program->n_commands; i++)
		if (!program->commands[i].hidden)
			write_family(program, &program->commands[i], out);
	write_epilogue(program, out);
}
