/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/program.h"

#include <errno.h>
#include <string.h>

/* Positional arguments as they come; there are no more than argc. */
struct collected {
	char **items;
	size_t n;
};

const struct command *program_find(const char *name)
{
	for (size_t i = 0; i < n_commands; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static const struct option_spec *find_spec(const struct option_set *set, const char *name,
					   size_t length)
{
	for (size_t i = 0; i < set->n_specs; i++)
		if (strlen(set->specs[i].name) == length &&
		    strncmp(set->specs[i].name, name, length) == 0)
			return &set->specs[i];
	return NULL;
}

static size_t fill_sets(const struct command *command, void *target, struct option_set *ret);

/* An option of whatever table has it: names mean the same in all commands. */
static const struct option_spec *find_anywhere(const char *name, size_t length)
{
	struct option_set sets[COMMAND_MAX_SETS + 1];
	struct option_set global = global_options_set(NULL);
	const struct option_spec *spec = find_spec(&global, name, length);

	for (size_t i = 0; spec == NULL && i < n_commands; i++) {
		size_t n = fill_sets(commands[i], NULL, sets);

		for (size_t j = 0; spec == NULL && j < n; j++)
			spec = find_spec(&sets[j], name, length);
	}
	return spec;
}

/* Whether the argument's value is the next one. */
static bool takes_next(const char *argument)
{
	const struct option_spec *spec;

	if (strncmp(argument, "--", 2) != 0 || strchr(argument, '=') != NULL)
		return false;
	spec = find_anywhere(argument + 2, strlen(argument + 2));
	return spec != NULL && spec->kind != OPTION_FLAG && spec->implied == NULL;
}

int program_find_word(int argc, char *const argv[])
{
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (argv[i][0] != '-')
			return i;
		if (takes_next(argv[i]))
			i++;
	}
	return -1;
}

static int collect(void *context, const char *argument, struct error *err)
{
	struct collected *collected = context;

	(void)err;
	collected->items[collected->n++] = (char *)(uintptr_t)argument;
	return 0;
}

static int parse_plain(struct command_call *call, struct option_input *input, int argc,
		       char *const argv[], struct error *err)
{
	struct collected collected = { 0 };
	int used;
	int r;

	collected.items = arena_array(call->arena, (size_t)argc + 1, char *);
	if (collected.items == NULL)
		return error_set(err, ENOMEM, "out of memory");
	input->positional = collect;
	input->context = &collected;
	input->stop_at_positional = call->command->stop_at_positional;
	r = option_parse(input, argc, argv, &used, err);
	if (r < 0)
		return r;
	while (used < argc)
		collected.items[collected.n++] = argv[used++];
	call->arguments = collected.items;
	call->n_arguments = collected.n;
	return 0;
}

/* The command's tables, all with one target; returns how many. */
static size_t fill_sets(const struct command *command, void *target, struct option_set *ret)
{
	size_t n = 0;

	if (command->n_specs > 0)
		ret[n++] =
		    (struct option_set){ "Options", command->specs, command->n_specs, target };
	for (size_t i = 0;
	     command->sets != NULL && command->sets[i].title != NULL && i < COMMAND_MAX_SETS; i++) {
		ret[n] = command->sets[i];
		ret[n++].target = target;
	}
	return n;
}

/* -h and --help anywhere before "--" win over whatever else is wrong or missing. */
static bool asks_for_help(int argc, char *const argv[])
{
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
	return false;
}

int program_call(struct command_call *call, struct global_options *global, int argc,
		 char *const argv[], struct error *err)
{
	const struct command *command = call->command;
	struct option_set sets[COMMAND_MAX_SETS + 2];
	struct option_input input = { .sets = sets, .arena = call->arena };
	int r;

	call->global = global;
	if (global->help || (!command->stop_at_positional && asks_for_help(argc, argv)))
		return program_print_help(call->arena, command, err);
	call->options = arena_alloc(call->arena, 1, command->options_size);
	if (call->options == NULL)
		return error_set(err, ENOMEM, "out of memory");
	input.n_sets = fill_sets(command, call->options, sets);
	sets[input.n_sets++] = global_options_set(global);
	if (command->parse != NULL)
		r = command->parse(call->options, &input, argc, argv, err);
	else
		r = parse_plain(call, &input, argc, argv, err);
	if (r < 0)
		return r;
	if (global->help)
		return program_print_help(call->arena, command, err);
	return command->run(call, err);
}

static int describe_command(struct arena *arena, const struct command *command,
			    struct option_command *ret)
{
	struct option_set *sets = arena_array(arena, COMMAND_MAX_SETS + 1, struct option_set);

	if (sets == NULL)
		return -ENOMEM;
	*ret = (struct option_command){ .name = command->name,
					.synopsis = command->synopsis,
					.summary = command->summary,
					.sets = sets,
					.n_sets = fill_sets(command, NULL, sets),
					.hidden = command->hidden };
	return 0;
}

struct option_program *program_describe(struct arena *arena)
{
	struct option_program *program = arena_new(arena, struct option_program);
	struct option_command *described = arena_array(arena, n_commands, struct option_command);
	struct option_set *global = arena_new(arena, struct option_set);

	if (program == NULL || described == NULL || global == NULL)
		return NULL;
	for (size_t i = 0; i < n_commands; i++)
		if (describe_command(arena, commands[i], &described[i]) < 0)
			return NULL;
	*global = global_options_set(NULL);
	*program = (struct option_program){ .name = "rkt",
					    .summary = "runs pods of App Container images",
					    .commands = described,
					    .n_commands = n_commands,
					    .global = global };
	return program;
}

static const struct option_command *find_described(const struct option_program *program,
						   const struct command *command)
{
	for (size_t i = 0; i < program->n_commands; i++)
		if (strcmp(program->commands[i].name, command->name) == 0)
			return &program->commands[i];
	return NULL;
}

int program_print_help(struct arena *arena, const struct command *command, struct error *err)
{
	auto_text struct text out = { 0 };
	const struct option_program *program = program_describe(arena);

	if (program == NULL)
		return error_set(err, ENOMEM, "out of memory");
	if (command == NULL)
		option_write_program_help(program, &out);
	else
		option_write_command_help(program, find_described(program, command), &out);
	if (text_status(&out) < 0 || fputs(text_string(&out), stdout) == EOF)
		return error_set(err, EIO, "writing the help");
	return 0;
}
