/* SPDX-License-Identifier: Apache-2.0 */
#include "common/option/option_text.h"

#include <string.h>

#include "common/option/option_words.h"

enum { PAGE_WIDTH = 80, HELP_COLUMN = 28, COMMAND_COLUMN = 20 };

/* Columns since line_start: characters of UTF-8, not bytes. */
static size_t width_since(const struct text *out, size_t line_start)
{
	size_t width = 0;

	for (size_t i = line_start; i < out->length; i++)
		width += ((unsigned char)out->data[i] & 0xc0) != 0x80;
	return width;
}

static void pad_to(struct text *out, size_t line_start, size_t column)
{
	for (size_t width = width_since(out, line_start); width < column; width++)
		(void)text_append_char(out, ' ');
}

/* Appends words, broken at the page's width, later lines starting at column. */
static void append_wrapped(struct text *out, size_t *line_start, size_t column, const char *words)
{
	while (*words != '\0' && text_status(out) == 0) {
		size_t length = strcspn(words, " ");
		bool at_start = width_since(out, *line_start) <= column;

		if (!at_start && width_since(out, *line_start) + 1 + length > PAGE_WIDTH) {
			(void)text_append_char(out, '\n');
			*line_start = out->length;
			pad_to(out, *line_start, column);
			at_start = true;
		}
		if (!at_start)
			(void)text_append_char(out, ' ');
		(void)text_append_bytes(out, words, length);
		words += length + strspn(words + length, " ");
	}
}

/* "name" in the left column, words in the right one. */
static void write_entry(struct text *out, const char *name, size_t column, const char *words)
{
	size_t line_start = out->length;

	(void)text_append(out, name);
	if (width_since(out, line_start) + 2 > column) {
		(void)text_append_char(out, '\n');
		line_start = out->length;
	}
	pad_to(out, line_start, column);
	append_wrapped(out, &line_start, column, words);
	(void)text_append_char(out, '\n');
}

static void write_option(const struct option_spec *spec, struct text *out)
{
	auto_text struct text name = { 0 };
	auto_text struct text words = { 0 };

	(void)text_append(&name, spec->letter != 0 ? "  " : "      ");
	if (spec->letter != 0)
		(void)text_printf(&name, "-%c, ", spec->letter);
	(void)text_printf(&name, "--%s", spec->name);
	option_write_value(spec, &name);
	option_write_words(spec, &words);
	write_entry(out, text_string(&name), HELP_COLUMN, text_string(&words));
}

void option_write_help(const struct option_set *set, struct text *out)
{
	for (size_t i = 0; i < set->n_specs; i++)
		if (!set->specs[i].hidden)
			write_option(&set->specs[i], out);
}

static void write_set(const struct option_set *set, struct text *out)
{
	if (option_set_is_hidden(set))
		return;
	(void)text_printf(out, "\n%s:\n", set->title);
	option_write_help(set, out);
}

static void write_usage(struct text *out, const char *program, const char *command,
			const char *synopsis)
{
	size_t line_start = out->length;
	size_t column;

	(void)text_printf(out, "Usage: %s", program);
	if (command[0] != '\0')
		(void)text_printf(out, " %s", command);
	column = out->length - line_start + 1;
	(void)text_append_char(out, ' ');
	append_wrapped(out, &line_start, column, synopsis);
	(void)text_append_char(out, '\n');
}

static void write_commands(const struct option_command *commands, size_t n, struct text *out)
{
	for (size_t i = 0; i < n; i++) {
		auto_text struct text name = { 0 };

		if (commands[i].hidden)
			continue;
		(void)text_printf(&name, "  %s", commands[i].name);
		write_entry(out, text_string(&name), COMMAND_COLUMN, commands[i].summary);
	}
}

void option_write_command_help(const struct option_program *program,
			       const struct option_command *command, struct text *out)
{
	size_t line_start;

	write_usage(out, program->name, command->name, command->synopsis);
	(void)text_append_char(out, '\n');
	line_start = out->length;
	append_wrapped(out, &line_start, 0, command->summary);
	(void)text_append(out, ".\n");
	if (command->n_subcommands > 0) {
		(void)text_append(out, "\nCommands:\n");
		write_commands(command->subcommands, command->n_subcommands, out);
	}
	for (size_t i = 0; i < command->n_sets; i++)
		write_set(&command->sets[i], out);
	if (program->global != NULL)
		write_set(program->global, out);
}

void option_write_program_help(const struct option_program *program, struct text *out)
{
	write_usage(out, program->name, "", "[options] COMMAND [options] [arguments]");
	(void)text_printf(out, "\n%s %s.\n\nCommands:\n", program->name, program->summary);
	write_commands(program->commands, program->n_commands, out);
	if (program->global != NULL)
		write_set(program->global, out);
	(void)text_printf(out, "\n\"%s help COMMAND\" tells more about one command.\n",
			  program->name);
}
