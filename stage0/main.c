/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rkt - finds the command, parses its line, calls it, prints its error once.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "stage0/command.h"
#include "stage0/program.h"

/* Without a command there are only global options; they are checked all the same. */
static int without_command(struct arena *arena, struct global_options *global, int argc,
			   char *const argv[], struct error *err)
{
	struct option_set set = global_options_set(global);
	const struct option_input input = { .sets = &set, .n_sets = 1 };
	int used;
	int r = option_parse(&input, argc, argv, &used, err);

	if (r == 0)
		r = program_print_help(arena, NULL, err);
	if (r < 0 || global->help)
		return r;
	(void)fputs("rkt: missing command\n", stderr);
	return COMMAND_FAILED;
}

/* No path may land on a standard stream because the caller had closed it. */
static int open_standard_streams(struct error *err)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
			return error_from_errno(err, "opening /dev/null");
	return 0;
}

static int run(int argc, char *const argv[], char *const environment[], const char **ret_name,
	       struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct global_options global = {
		.places = { .vendor = "/usr/lib/rkt", .machine = "/etc/rkt" },
	};
	struct command_call call = { .arena = &arena, .environment = environment };
	char **rest;
	int word;
	int r = open_standard_streams(err);

	if (r == 0)
		r = global_options_from_environment(&global, environment, err);
	if (r < 0)
		return r;
	word = program_find_word(argc - 1, argv + 1);
	if (word < 0)
		return without_command(&arena, &global, argc - 1, argv + 1, err);
	call.command = program_find(NULL, argv[word + 1]);
	if (call.command == NULL)
		return error_set(err, EINVAL, "unknown command \"%s\"; rkt help lists them",
				 argv[word + 1]);
	*ret_name = call.command->name;
	/* What stands before the command is its own or global, as in the original. */
	rest = program_without_word(&arena, argc - 1, argv + 1, word);
	if (rest == NULL)
		return error_set(err, ENOMEM, "out of memory");
	r = program_call(&call, &global, argc - 2, rest, err);
	*ret_name = call.command->name;
	return r;
}

int main(int argc, char *argv[], char *environment[])
{
	struct error err = { 0 };
	const char *name = "rkt";
	int status;

	(void)umask(022);
	status = run(argc, argv, environment, &name, &err);
	if (status < 0) {
		(void)fprintf(stderr, "%s: %s\n", name, err.text);
		return COMMAND_FAILED;
	}
	if (fflush(stdout) != 0) {
		(void)fprintf(stderr, "%s: writing the output: %s\n", name, strerror(errno));
		return COMMAND_FAILED;
	}
	return status;
}
