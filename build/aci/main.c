/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aci - builds, checks and unpacks App Container images.
 *
 * Finds the command, parses its options, prints its error once.  Exits 0, or 1 on failure.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "build/aci/program.h"
#include "common/base/cleanup.h"

struct arguments {
	const char **items;
	size_t n;
};

static int collect(void *context, const char *argument, struct error *err)
{
	struct arguments *arguments = context;

	(void)err;
	arguments->items[arguments->n++] = argument;
	return 0;
}

static int print_text(const struct text *text, struct error *err)
{
	if (text_status(text) < 0)
		return error_set(err, ENOMEM, "out of memory");
	(void)fputs(text_string(text), stdout);
	return 0;
}

/* The help of one command, or of the program (NULL). */
static int print_help(const struct aci_command *command, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	auto_text struct text text = { 0 };
	const struct option_program *program = aci_program_describe(&arena);

	if (program == NULL)
		return error_set(err, ENOMEM, "out of memory");
	if (command == NULL)
		option_write_program_help(program, &text);
	for (size_t i = 0; command != NULL && i < program->n_commands; i++)
		if (strcmp(program->commands[i].name, command->name) == 0)
			option_write_command_help(program, &program->commands[i], &text);
	return print_text(&text, err);
}

static int print_version(void)
{
	(void)printf("aci version: %s\nappc version: %s\n", ACI_VERSION, ACI_APPC_VERSION);
	return 0;
}

static int call_command(const struct aci_command *command, int argc, char **argv, struct error *err)
{
	struct aci_options options = { 0 };
	const struct option_set sets[] = { aci_program_own(command, &options),
					   aci_program_global(&options) };
	struct arguments arguments = { .items = calloc((size_t)argc + 1, sizeof(char *)) };
	auto_free const char **owned = arguments.items;
	const struct option_input input = {
		.sets = sets,
		.n_sets = ARRAY_LENGTH(sets),
		.positional = collect,
		.context = &arguments,
	};
	int used = 0;
	int r;

	if (owned == NULL)
		return error_set(err, ENOMEM, "out of memory");
	r = option_parse(&input, argc, argv, &used, err);
	if (r < 0)
		return r;
	if (options.help)
		return print_help(command, err);
	if (options.version)
		return print_version();
	while (used < argc)
		arguments.items[arguments.n++] = argv[used++];
	if (arguments.n < command->min_arguments || arguments.n > command->max_arguments)
		return error_set(err, EINVAL, "wrong number of arguments; usage: aci %s %s",
				 command->name, command->synopsis);
	return command->run(&(struct aci_call){ .options = &options,
						.arguments = arguments.items,
						.n_arguments = arguments.n },
			    err);
}

static int unknown_command(const char *name, struct error *err)
{
	return error_set(err, EINVAL, "unknown command \"%s\"; see aci --help", name);
}

/* aci help [COMMAND] */
static int run_help(int argc, char **argv, struct error *err)
{
	const struct aci_command *command = argc > 0 ? aci_program_find(argv[0]) : NULL;

	if (argc > 0 && command == NULL)
		return unknown_command(argv[0], err);
	return print_help(command, err);
}

static int run(int argc, char **argv, const char **ret_name, struct error *err)
{
	struct aci_options options = { 0 };
	const struct option_set set = aci_program_global(&options);
	const struct option_input input = { .sets = &set, .n_sets = 1, .stop_at_positional = true };
	const struct aci_command *command;
	int used = 0;
	int r;

	r = option_parse(&input, argc, argv, &used, err);
	if (r < 0)
		return r;
	if (options.version)
		return print_version();
	if (options.help || used == argc)
		return print_help(NULL, err);
	if (strcmp(argv[used], "help") == 0)
		return run_help(argc - used - 1, argv + used + 1, err);
	command = aci_program_find(argv[used]);
	if (command == NULL)
		return unknown_command(argv[used], err);
	*ret_name = command->name;
	return call_command(command, argc - used - 1, argv + used + 1, err);
}

int main(int argc, char **argv)
{
	struct error err = { 0 };
	const char *name = NULL;
	int r = argc < 1 ? -EINVAL : run(argc - 1, argv + 1, &name, &err);

	if (r == 0 && fflush(stdout) != 0)
		r = error_from_errno(&err, "writing the output");
	if (r < 0)
		(void)fprintf(stderr, "aci: %s%s%s\n", name != NULL ? name : "",
			      name != NULL ? ": " : "", err.text);
	return r == 0 ? 0 : 1;
}
