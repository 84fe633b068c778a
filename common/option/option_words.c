/* SPDX-License-Identifier: Apache-2.0 */
#include "common/option/option_words.h"

#include <ctype.h>
#include <string.h>

void option_write_value(const struct option_spec *spec, struct text *out)
{
	const char *name = spec->value_name != NULL ? spec->value_name : "VALUE";

	if (spec->kind == OPTION_FLAG)
		return;
	(void)text_printf(out, spec->implied != NULL ? "[=%s]" : "=%s", name);
}

void option_write_words(const struct option_spec *spec, struct text *out)
{
	/* Sentences, however the table has them. */
	if (spec->help[0] == '\0')
		return;
	(void)text_append_char(out, (char)toupper((unsigned char)spec->help[0]));
	(void)text_append(out, spec->help + 1);
	if (spec->help[strlen(spec->help) - 1] != '.')
		(void)text_append_char(out, '.');
	for (size_t i = 0; spec->choices != NULL && spec->choices[i] != NULL; i++)
		(void)text_printf(out, "%s%s", i == 0 ? " One of: " : ", ", spec->choices[i]);
	if (spec->choices != NULL)
		(void)text_append_char(out, '.');
	if (spec->default_text != NULL)
		(void)text_printf(out, " Default: %s.", spec->default_text);
}

bool option_set_is_hidden(const struct option_set *set)
{
	for (size_t i = 0; i < set->n_specs; i++)
		if (!set->specs[i].hidden)
			return false;
	return true;
}

const char *option_last_word(const struct option_command *command)
{
	const char *blank = strrchr(command->name, ' ');

	return blank == NULL ? command->name : blank + 1;
}

void option_write_names(const struct option_program *program, struct text *out)
{
	for (size_t i = 0; i < program->n_commands; i++)
		if (!program->commands[i].hidden)
			(void)text_printf(out, " %s", program->commands[i].name);
}

void option_write_pairs(const struct option_program *program, struct text *out)
{
	for (size_t i = 0; i < program->n_commands; i++) {
		const struct option_command *command = &program->commands[i];

		for (size_t j = 0; j < command->n_subcommands; j++)
			(void)text_printf(out, " %s/%s", command->name,
					  option_last_word(&command->subcommands[j]));
	}
}

void option_write_quoted(const char *text, const char *characters, char escape, struct text *out)
{
	for (; *text != '\0'; text++) {
		if (strchr(characters, *text) != NULL)
			(void)text_append_char(out, escape);
		(void)text_append_char(out, *text);
	}
}

option_completion_writer *option_find_completion(const char *shell)
{
	static const struct {
		const char *shell;
		option_completion_writer *write;
	} writers[] = {
		{ "bash", option_write_bash },
		{ "fish", option_write_fish },
		{ "zsh", option_write_zsh },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(writers); i++)
		if (strcmp(writers[i].shell, shell) == 0)
			return writers[i].write;
	return NULL;
}
