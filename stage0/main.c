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

/* The first argument that is no option is the command; returns its place, argc when there is none.
 */
static int find_command(struct global_options *global, int argc, char *const argv[],
			const struct command **ret, struct error *err)
{
	struct option_set set = global_options_set(global);
	struct option_input input = { .sets = &set, .n_sets = 1, .stop_at_positional = true };
	int at;
	int r = option_parse(&input, argc, argv, &at, err);

	if (r < 0)
		return r;
	*ret = NULL;
	if (at >= argc)
		return argc;
	*ret = program_find(argv[at]);
	if (*ret == NULL)
		return error_set(err, EINVAL, "unknown command \"%s\"; rkt help lists them",
				 argv[at]);
	return at;
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
	int at = open_standard_streams(err);

	if (at == 0)
		at = find_command(&global, argc - 1, argv + 1, &call.command, err);
	if (at < 0)
		return at;
	if (call.command == NULL)
		return program_print_help(&arena, NULL, err);
	*ret_name = call.command->name;
	return program_call(&call, &global, argc - at - 2, argv + at + 2, err);
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
