/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/program.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/base/text.h"

/* Positional arguments as they come; there are no more than argc. */
struct collected {
	char **items;
	size_t n;
};

/* Exactly that name, or the only beginning that fits: so has it the original. */
const struct command *program_find(const struct command *below, const char *name)
{
	const struct command *const *list = below != NULL ? below->subcommands : commands;
	const struct command *found = NULL;
	size_t n = 0;

	for (size_t i = 0; below != NULL ? list[i] != NULL : i < n_commands; i++) {
		if (strcmp(list[i]->name, name) == 0)
			return list[i];
		if (strncmp(list[i]->name, name, strlen(name)) != 0 || list[i]->hidden)
			continue;
		found = list[i];
		n++;
	}
	return n == 1 ? found : NULL;
}

char **program_without_word(struct arena *arena, int argc, char *const argv[], int word)
{
	char **rest = arena_array(arena, (size_t)argc, char *);
	int n = 0;

	for (int i = 0; rest != NULL && i < argc; i++)
		if (i != word)
			rest[n++] = argv[i];
	return rest;
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

static const struct option_spec *find_in_command(const struct command *command, const char *name,
						 size_t length)
{
	struct option_set sets[COMMAND_MAX_SETS + 1];
	size_t n = fill_sets(command, NULL, sets);
	const struct option_spec *spec = NULL;

	for (size_t i = 0; spec == NULL && i < n; i++)
		spec = find_spec(&sets[i], name, length);
	for (size_t i = 0;
	     spec == NULL && command->subcommands != NULL && command->subcommands[i] != NULL; i++)
		spec = find_in_command(command->subcommands[i], name, length);
	return spec;
}

/* An option of whatever table has it: names mean the same in all commands. */
static const struct option_spec *find_anywhere(const char *name, size_t length)
{
	struct option_set global = global_options_set(NULL);
	const struct option_spec *spec = find_spec(&global, name, length);

	for (size_t i = 0; spec == NULL && i < n_commands; i++)
		spec = find_in_command(commands[i], name, length);
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

/* "which of list, rm, gc?" */
static int tell_missing(const struct command *command, struct error *err)
{
	auto_text struct text names = { 0 };

	for (size_t i = 0; command->subcommands[i] != NULL; i++)
		(void)text_printf(&names, "%s%s", i > 0 ? ", " : "", command->subcommands[i]->name);
	return error_set(err, EINVAL, "a command is missing: which of %s?", text_string(&names));
}

/* To the subcommand that the arguments name, with all the others. */
static int call_subcommand(struct command_call *call, struct global_options *global, int argc,
			   char *const argv[], struct error *err)
{
	int word = program_find_word(argc, argv);
	const struct command *found;
	char **rest;

	if (word < 0 && asks_for_help(argc, argv))
		return program_print_help(call->arena, call->command, err);
	if (word < 0)
		return tell_missing(call->command, err);
	found = program_find(call->command, argv[word]);
	if (found == NULL)
		return error_set(err, EINVAL, "unknown command \"%s %s\"; rkt help %s lists them",
				 call->command->name, argv[word], call->command->name);
	rest = program_without_word(call->arena, argc, argv, word);
	if (rest == NULL)
		return error_set(err, ENOMEM, "out of memory");
	call->command = found;
	return program_call(call, global, argc - 1, rest, err);
}

int program_call(struct command_call *call, struct global_options *global, int argc,
		 char *const argv[], struct error *err)
{
	const struct command *command = call->command;
	struct option_set sets[COMMAND_MAX_SETS + 2];
	struct option_input input = { .sets = sets, .arena = call->arena };
	int r;

	call->global = global;
	if (command->subcommands != NULL)
		return call_subcommand(call, global, argc, argv, err);
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
	if (command->needs_root && geteuid() != 0)
		return error_set(err, EPERM, "cannot run as unprivileged user");
	return command->run(call, err);
}

static int describe_command(struct arena *arena, const char *above, const struct command *command,
			    struct option_command *ret);

static int describe_subcommands(struct arena *arena, const struct command *command,
				struct option_command *ret)
{
	struct option_command *described;
	size_t n = 0;

	while (command->subcommands[n] != NULL)
		n++;
	described = arena_array(arena, n, struct option_command);
	if (described == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (describe_command(arena, ret->name, command->subcommands[i], &described[i]) < 0)
			return -ENOMEM;
	ret->subcommands = described;
	ret->n_subcommands = n;
	return 0;
}

/* above: the name of the command that this one is a subcommand of; NULL: of none. */
static int describe_command(struct arena *arena, const char *above, const struct command *command,
			    struct option_command *ret)
{
	struct option_set *sets = arena_array(arena, COMMAND_MAX_SETS + 1, struct option_set);
	const char *name =
	    above == NULL ? command->name : arena_printf(arena, "%s %s", above, command->name);

	if (sets == NULL || name == NULL)
		return -ENOMEM;
	*ret = (struct option_command){ .name = name,
					.synopsis = command->synopsis,
					.summary = command->summary,
					.sets = sets,
					.n_sets = fill_sets(command, NULL, sets),
					.hidden = command->hidden,
					.arguments = command->arguments,
					.among = command->among };
	return command->subcommands == NULL ? 0 : describe_subcommands(arena, command, ret);
}

struct option_program *program_describe(struct arena *arena)
{
	struct option_program *program = arena_new(arena, struct option_program);
	struct option_command *described = arena_array(arena, n_commands, struct option_command);
	struct option_set *global = arena_new(arena, struct option_set);

	if (program == NULL || described == NULL || global == NULL)
		return NULL;
	for (size_t i = 0; i < n_commands; i++)
		if (describe_command(arena, NULL, commands[i], &described[i]) < 0)
			return NULL;
	*global = global_options_set(NULL);
	*program = (struct option_program){ .name = "rkt",
					    .summary = "runs pods of App Container images",
					    .commands = described,
					    .n_commands = n_commands,
					    .global = global };
	return program;
}

static bool has_subcommand(const struct command *command, const struct command *wanted)
{
	for (size_t i = 0; command->subcommands != NULL && command->subcommands[i] != NULL; i++)
		if (command->subcommands[i] == wanted)
			return true;
	return false;
}

/* The described commands are in the order of the real ones. */
static const struct option_command *find_described(const struct option_program *program,
						   const struct command *command)
{
	for (size_t i = 0; i < program->n_commands; i++) {
		size_t at = 0;

		if (commands[i] == command)
			return &program->commands[i];
		if (!has_subcommand(commands[i], command))
			continue;
		while (commands[i]->subcommands[at] != command)
			at++;
		return &program->commands[i].subcommands[at];
	}
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
