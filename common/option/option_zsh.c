/* SPDX-License-Identifier: Apache-2.0 */
#include "common/option/option_text.h"
#include "common/option/option_words.h"

/*
 * The script is a function that finds the command among the words and has _arguments complete that
 * command's options, and a second one for what is no option.
 */

/* Text inside of '…'. */
static void write_quoted(const char *text, const char *escaped, struct text *out)
{
	auto_text struct text escape = { 0 };

	option_write_quoted(text, escaped, '\\', &escape);
	for (const char *at = text_string(&escape); *at != '\0'; at++) {
		if (*at == '\'')
			(void)text_append(out, "'\\'");
		(void)text_append_char(out, *at);
	}
}

static void write_action(const struct option_spec *spec, struct text *out)
{
	const char *name = spec->value_name != NULL ? spec->value_name : "VALUE";

	if (spec->kind == OPTION_FLAG)
		return;
	(void)text_append(out, spec->implied != NULL ? "::" : ":");
	write_quoted(name, ":\\", out);
	if (spec->choices != NULL) {
		(void)text_append(out, ":(");
		for (size_t i = 0; spec->choices[i] != NULL; i++)
			(void)text_printf(out, "%s%s", i > 0 ? " " : "", spec->choices[i]);
		(void)text_append_char(out, ')');
	} else if (spec->completion == OPTION_COMPLETE_NOTHING) {
		(void)text_append(out, ": ");
	} else {
		(void)text_append(out, spec->completion == OPTION_COMPLETE_FILE ? ":_files"
										: ":_files -/");
	}
}

static void write_option(const struct option_spec *spec, struct text *out)
{
	const char *suffix = spec->kind == OPTION_FLAG ? "" : spec->implied != NULL ? "=-" : "=";

	(void)text_printf(out, "\t\t'*--%s%s[", spec->name, suffix);
	write_quoted(spec->help, "[]\\", out);
	(void)text_append_char(out, ']');
	write_action(spec, out);
	(void)text_append(out, "'\n");
	if (spec->letter == 0)
		return;
	(void)text_printf(out, "\t\t'*-%c[", spec->letter);
	write_quoted(spec->help, "[]\\", out);
	(void)text_append_char(out, ']');
	write_action(spec, out);
	(void)text_append(out, "'\n");
}

static void write_options(const struct option_set *set, struct text *out)
{
	for (size_t i = 0; i < set->n_specs; i++)
		if (!set->specs[i].hidden)
			write_option(&set->specs[i], out);
}

static void write_sets(const struct option_command *command, struct text *out)
{
	if (command->n_subcommands == 0) {
		(void)text_printf(out, "\t'%s') options+=(\n", command->name);
		for (size_t i = 0; i < command->n_sets; i++)
			write_options(&command->sets[i], out);
		(void)text_append(out, "\t\t) ;;\n");
	}
	for (size_t i = 0; i < command->n_subcommands; i++)
		write_sets(&command->subcommands[i], out);
}

static void write_name(const struct option_command *command, struct text *out)
{
	(void)text_printf(out, "\t\t'%s:", option_last_word(command));
	write_quoted(command->summary, "\\", out);
	(void)text_append(out, "'\n");
}

/* What is no option: a command's name, or what the program says that there is, and files. */
static void write_words(const struct option_program *program, const struct option_command *command,
			struct text *out)
{
	if (command->n_subcommands > 0) {
		(void)text_printf(out, "\t'%s') words=(\n", command->name);
		for (size_t i = 0; i < command->n_subcommands; i++)
			write_name(&command->subcommands[i], out);
		(void)text_append(out, "\t\t); _describe command words; return ;;\n");
	} else if (command->arguments != NULL) {
		(void)text_printf(out, "\t'%s') words=(${(f)\"$(%s %s 2>/dev/null", command->name,
				  program->name, command->arguments);
		if (command->among != NULL)
			(void)text_printf(out, " | grep '%s'", command->among);
		(void)text_append(out, " | cut -f1)\"}); compadd -a words ;;\n");
	}
	for (size_t i = 0; i < command->n_subcommands; i++)
		write_words(program, &command->subcommands[i], out);
}

static void write_arguments(const struct option_program *program, struct text *out)
{
	(void)text_printf(out,
			  "_%s_arguments() {\n"
			  "\tlocal -a words\n"
			  "\tcase $command in\n"
			  "\t'') words=(\n",
			  program->name);
	for (size_t i = 0; i < program->n_commands; i++)
		if (!program->commands[i].hidden)
			write_name(&program->commands[i], out);
	(void)text_append(out, "\t\t); _describe command words; return ;;\n");
	for (size_t i = 0; i < program->n_commands; i++)
		if (!program->commands[i].hidden)
			write_words(program, &program->commands[i], out);
	(void)text_append(out, "\tesac\n"
			       "\t_files\n"
			       "}\n");
}

static void write_search(const struct option_program *program, struct text *out)
{
	(void)text_printf(out,
			  "_%s() {\n"
			  "\tlocal command= word\n"
			  "\tlocal -a options\n"
			  "\tfor word in ${words[2,CURRENT-1]}; do\n"
			  "\t\tif [[ -z $command && '",
			  program->name);
	option_write_names(program, out);
	(void)text_append(out, " ' == *\" $word \"* ]]; then\n"
			       "\t\t\tcommand=$word\n"
			       "\t\telif [[ '");
	option_write_pairs(program, out);
	(void)text_append(out, " ' == *\" $command/$word \"* ]]; then\n"
			       "\t\t\tcommand=\"$command $word\"\n"
			       "\t\tfi\n"
			       "\tdone\n");
}

void option_write_zsh(const struct option_program *program, struct text *out)
{
	(void)text_printf(out,
			  "#compdef %s\n"
			  "# zsh completion for %s, generated from its option tables\n",
			  program->name, program->name);
	write_arguments(program, out);
	write_search(program, out);
	(void)text_append(out, "\toptions=(\n");
	if (program->global != NULL)
		write_options(program->global, out);
	(void)text_append(out, "\t)\n"
			       "\tcase $command in\n");
	for (size_t i = 0; i < program->n_commands; i++)
		if (!program->commands[i].hidden)
			write_sets(&program->commands[i], out);
	(void)text_printf(out,
			  "\tesac\n"
			  "\t_arguments -S $options \"*: :_%s_arguments\"\n"
			  "}\n"
			  "if [[ $zsh_eval_context[-1] == loadautofunc ]]; then\n"
			  "\t_%s \"$@\"\n"
			  "else\n"
			  "\tcompdef _%s %s\n"
			  "fi\n",
			  program->name, program->name, program->name, program->name);
}
