/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/probe/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/base/parse.h"

#define EXIT_USAGE 2

static const struct probe_command *const groups[] = {
	file_commands, identity_commands, limit_commands,  network_commands, output_commands,
	proc_commands, process_commands,  signal_commands, syscall_commands, terminal_commands,
};

int probe_fail(const char *what)
{
	(void)fprintf(stderr, "probe: %s: %s\n", what, strerror(errno));
	return 1;
}

uint32_t probe_number(const char *text, uint32_t max)
{
	uint32_t number;

	if (parse_u32(text, max, &number) < 0) {
		(void)fprintf(stderr, "probe: \"%s\" is not a number up to %u\n", text, max);
		exit(EXIT_USAGE);
	}
	return number;
}

int probe_write(int fd, const char *data, size_t length)
{
	int r = file_write_fd(fd, data, length);

	if (r >= 0)
		return 0;
	errno = -r;
	return probe_fail("writing");
}

int probe_cat(const char *path)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	char buffer[16384];
	ssize_t n;

	if (fd < 0)
		return probe_fail(path);
	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		if (probe_write(STDOUT_FILENO, buffer, (size_t)n) != 0)
			return 1;
	return n < 0 ? probe_fail(path) : 0;
}

static int print_help(void)
{
	(void)printf("usage: probe COMMAND [ARG...] [, COMMAND [ARG...]]...\n\n");
	for (size_t i = 0; i < ARRAY_LENGTH(groups); i++)
		for (const struct probe_command *c = groups[i]; c->name != NULL; c++)
			(void)printf("  %-14s %-18s %s\n", c->name, c->arguments, c->help);
	return 0;
}

static const struct probe_command *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LENGTH(groups); i++)
		for (const struct probe_command *c = groups[i]; c->name != NULL; c++)
			if (strcmp(c->name, name) == 0)
				return c;
	return NULL;
}

/* Runs one command; argv[0] is its name. */
static int run(int argc, char **argv)
{
	const struct probe_command *command = argc > 0 ? find(argv[0]) : NULL;
	int n_args = argc - 1;

	if (argc > 0 && strcmp(argv[0], "help") == 0)
		return print_help();
	if (command == NULL) {
		(void)fprintf(stderr, "probe: no command \"%s\"\n", argc > 0 ? argv[0] : "");
		return EXIT_USAGE;
	}
	if (n_args < command->min_args || (command->max_args >= 0 && n_args > command->max_args)) {
		(void)fprintf(stderr, "usage: probe %s %s\n", command->name, command->arguments);
		return EXIT_USAGE;
	}
	return command->run(n_args, argv + 1);
}

static int count_until_comma(int argc, char **argv)
{
	int n = 0;

	while (n < argc && strcmp(argv[n], ",") != 0)
		n++;
	return n;
}

int main(int argc, char **argv)
{
	int status = 0, at = 1;

	do {
		int n = count_until_comma(argc - at, argv + at);
		char *saved = argv[at + n]; /* argv[argc] is NULL */

		argv[at + n] = NULL;
		status = run(n, argv + at);
		argv[at + n] = saved;
		at += n + 1;
		if (fflush(stdout) != 0)
			return probe_fail("stdout");
	} while (status == 0 && at < argc);
	return status;
}
