/* SPDX-License-Identifier: Apache-2.0 */
#include "docs/man/generator.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"

#define PROSE_MAX_BYTES ((size_t)256 << 10)

static const struct option_command *find_command(const struct option_program *program,
						 const char *name)
{
	for (size_t i = 0; i < program->n_commands; i++)
		if (strcmp(program->commands[i].name, name) == 0)
			return &program->commands[i];
	return NULL;
}

struct page_request {
	const char *command; /* NULL: the program's page */
	const char *prose_path;
};

static int write_man(const struct generator *generator, const struct option_program *program,
		     const struct page_request *page, struct text *out, struct error *err)
{
	auto_text struct text prose = { 0 };
	const struct option_command *command;
	int r = file_read_at(AT_FDCWD, page->prose_path, PROSE_MAX_BYTES, &prose, err);

	if (r < 0)
		return r;
	if (page->command == NULL) {
		generator->write_program(program, text_string(&prose), out);
		return 0;
	}
	command = find_command(program, page->command);
	if (command == NULL || generator->write_command == NULL)
		return error_set(err, EINVAL, "there is no page of a command %s", page->command);
	generator->write_command(program, command, text_string(&prose), out);
	return 0;
}

static void write_commands(const struct option_program *program, struct text *out)
{
	for (size_t i = 0; i < program->n_commands; i++) {
		const struct option_command *command = &program->commands[i];

		if (!command->hidden)
			(void)text_printf(out, "%s\n", command->name);
		for (size_t j = 0; j < command->n_subcommands; j++)
			(void)text_printf(out, "%s\n", command->subcommands[j].name);
	}
}

static int generate(const struct generator *generator, int argc, char *const argv[],
		    struct text *out, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	const struct option_program *program = generator->describe(&arena);

	if (program == NULL)
		return error_set(err, ENOMEM, "out of memory");
	if (argc >= 3 && argc <= 4 && strcmp(argv[1], "man") == 0)
		return write_man(generator, program,
				 &(const struct page_request){
				     .command = argc == 4 ? argv[2] : NULL,
				     .prose_path = argv[argc - 1],
				 },
				 out, err);
	if (argc == 2 && option_find_completion(argv[1]) != NULL)
		option_find_completion(argv[1])(program, out);
	else if (argc == 2 && strcmp(argv[1], "commands") == 0)
		write_commands(program, out);
	else
		return error_set(
		    err, EINVAL,
		    "man [COMMAND] PROSE, commands, or bash, fish or zsh must be given");
	return 0;
}

int generator_run(const struct generator *generator, int argc, char *const argv[])
{
	auto_text struct text out = { 0 };
	struct error err = { 0 };
	int r = generate(generator, argc, argv, &out, &err);

	if (r == 0 && (text_status(&out) < 0 || fputs(text_string(&out), stdout) == EOF ||
		       fflush(stdout) != 0))
		r = error_set(&err, EIO, "writing the text");
	if (r < 0)
		(void)fprintf(stderr, "generate: %s\n", err.text);
	return r < 0;
}
