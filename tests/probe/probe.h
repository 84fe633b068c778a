/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe.h - what a test has done inside an image: small commands, no shell.
 *
 *	probe COMMAND [ARG…] [, COMMAND [ARG…]]…
 *
 * Commands run one after the other until one fails.  Each file of this folder is
 * a group of them with one table; `probe help` prints all tables.  Results go to
 * stdout in a form that is easy to compare, complaints to stderr.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct probe_command {
	const char *name;
	const char *arguments; /* as help shows them */
	const char *help;
	int min_args, max_args;            /* max_args -1: any number */
	int (*run)(int argc, char **argv); /* argv[0]: first argument; returns an exit status */
};

/* Ends with a command whose name is NULL. */
extern const struct probe_command file_commands[];
extern const struct probe_command identity_commands[];
extern const struct probe_command limit_commands[];
extern const struct probe_command network_commands[];
extern const struct probe_command output_commands[];
extern const struct probe_command proc_commands[];
extern const struct probe_command process_commands[];
extern const struct probe_command signal_commands[];
extern const struct probe_command syscall_commands[];
extern const struct probe_command terminal_commands[];

/* Prints "probe: WHAT: errno's text" to stderr; returns 1. */
int probe_fail(const char *what);

/* A number of the command line, at most max; ends the program (2) if it is none. */
uint32_t probe_number(const char *text, uint32_t max);

/* Copies a file to stdout. */
int probe_cat(const char *path);

/* Writes all of it, however the kernel splits it; 0 or 1 with a complaint. */
int probe_write(int fd, const char *data, size_t length);
