/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aci - builds, checks and unpacks App Container images.
 *
 * Finds the command, parses its options, prints its error once.  Exits 0, or 1 on failure.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "build/aci/aci.h"
#include "common/base/cleanup.h"

static const struct aci_command *const commands[] = {
	&aci_build, &aci_validate, &aci_cat_manifest, &aci_extract, &aci_id,
};

static const struct option_spec global_specs[] = {
	{
	    .name = "version",
	    .kind = OPTION_FLAG,
	    .offset = offsetof(struct aci_options, version),
	    .help = "Print the version and exit.",
	},
	ACI_HELP,
};

static const struct option_set global_shown = { "Options", global_specs, ARRAY_LENGTH(global_specs),
						NULL };

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

static struct option_command shown_command(const struct aci_command *command,
					   const struct option_set *set)
{
	return (struct option_command){ .name = command->name,
					.synopsis = command->synopsis,
					.summary = command->summary,
					.sets = set,
					.n_sets = 1 };
}

/* The help of one command, or of the program (NULL). */
static int print_help(const struct aci_command *command, struct error *err)
{
	struct option_set sets[ARRAY_LENGTH(commands)];
	struct option_command shown[ARRAY_LENGTH(commands)];
	const struct option_program program = {
		.name = "aci",
		.summary = "builds, checks and unpacks App Container images",
		.commands = shown,
		.n_commands = ARRAY_LENGTH(commands),
		.global = &global_shown,
	};
	auto_text struct text text = { 0 };

	for (size_t i = 0; i < ARRAY_LENGTH(commands); i++) {
		sets[i] = (struct option_set){ "Options", commands[i]->specs, commands[i]->n_specs,
					       NULL };
		shown[i] = shown_command(commands[i], &sets[i]);
		if (commands[i] == command)
			option_write_command_help(&program, &shown[i], &text);
	}
	if (command == NULL)
		option_write_program_help(&program, &text);
	return print_text(&text, err);
}

static int call_command(const struct aci_command *command, int argc, char **argv, struct error *err)
{
	struct aci_options options = { 0 };
	const struct option_set set = { "Options", command->specs, command->n_specs, &options };
	struct arguments arguments = { .items = calloc((size_t)argc + 1, sizeof(char *)) };
	auto_free const char **owned = arguments.items;
	const struct option_input input = {
		.sets = &set,
		.n_sets = 1,
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

static const struct aci_command *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LENGTH(commands); i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static int unknown_command(const char *name, struct error *err)
{
	return error_set(err, EINVAL, "unknown command \"%s\"; see aci --help", name);
}

/* aci help [COMMAND] */
static int run_help(int argc, char **argv, struct error *err)
{
	const struct aci_command *command = argc > 0 ? find(argv[0]) : NULL;

	if (argc > 0 && command == NULL)
		return unknown_command(argv[0], err);
	return print_help(command, err);
}

static int run(int argc, char **argv, const char **ret_name, struct error *err)
{
	struct aci_options options = { 0 };
	struct option_set set = global_shown;
	const struct option_input input = { .sets = &set, .n_sets = 1, .stop_at_positional = true };
	const struct aci_command *command;
	int used = 0;
	int r;

	set.target = &options;
	r = option_parse(&input, argc, argv, &used, err);
	if (r < 0)
		return r;
	if (options.version) {
		(void)printf("aci version: %s\nappc version: %s\n", ACI_VERSION, ACI_APPC_VERSION);
		return 0;
	}
	if (options.help || used == argc)
		return print_help(NULL, err);
	if (strcmp(argv[used], "help") == 0)
		return run_help(argc - used - 1, argv + used + 1, err);
	command = find(argv[used]);
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
