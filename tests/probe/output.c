/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/probe/probe.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int print(int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		(void)printf("%s%s", i > 0 ? " " : "", argv[i]);
	(void)printf("\n");
	return 0;
}

static int print_raw(int argc, char **argv)
{
	(void)argc;
	return probe_write(STDOUT_FILENO, argv[0], strlen(argv[0]));
}

static int print_error(int argc, char **argv)
{
	(void)argc;
	(void)fprintf(stderr, "%s\n", argv[0]);
	return 0;
}

static int echo(int argc, char **argv)
{
	char buffer[16384];
	ssize_t n;

	(void)argc;
	(void)argv;
	while ((n = read(STDIN_FILENO, buffer, sizeof(buffer))) > 0)
		if (probe_write(STDOUT_FILENO, buffer, (size_t)n) != 0)
			return 1;
	return n < 0 ? probe_fail("stdin") : 0;
}

/* "0 xxxx…": numbered, so that a missing line is seen. */
static int lines(int argc, char **argv)
{
	uint32_t n = probe_number(argv[0], 10000000);
	int length = argc > 1 ? (int)probe_number(argv[1], 1000000) : 0;

	for (uint32_t i = 0; i < n; i++) {
		(void)printf("%u ", i);
		for (int j = 0; j < length; j++)
			(void)putchar('x');
		(void)putchar('\n');
	}
	return 0;
}

/* Bytes without any newline. */
static int flood(int argc, char **argv)
{
	uint32_t n = probe_number(argv[0], 1U << 30);

	(void)argc;
	for (uint32_t i = 0; i < n; i++)
		(void)putchar('x');
	return 0;
}

const struct probe_command output_commands[] = {
	{ "print", "TEXT...", "a line to stdout", 0, -1, print },
	{ "print-raw", "TEXT", "text to stdout, no newline", 1, 1, print_raw },
	{ "print-error", "TEXT", "a line to stderr", 1, 1, print_error },
	{ "echo", "", "stdin to stdout", 0, 0, echo },
	{ "lines", "N [LENGTH]", "numbered lines", 1, 2, lines },
	{ "flood", "BYTES", "one long line without end", 1, 1, flood },
	{ 0 },
};
