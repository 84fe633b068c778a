/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/probe/probe.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int number_of(const char *name)
{
	for (int i = 1; i < SIGRTMIN; i++) {
		const char *known = sigabbrev_np(i);

		if (known != NULL && strcmp(known, name) == 0)
			return i;
	}
	return (int)probe_number(name, 64);
}

static int send_to_self(int argc, char **argv)
{
	int number = number_of(argv[0]);

	(void)argc;
	(void)signal(number, SIG_DFL);
	return kill(getpid(), number) < 0 ? probe_fail("kill") : 3;
}

/* Prints "ready", waits for the signal, prints "got NAME" and ends with STATUS. */
static int trap(int argc, char **argv)
{
	int number = number_of(argv[0]), got = 0;
	sigset_t wanted;

	(void)argc;
	(void)sigemptyset(&wanted);
	(void)sigaddset(&wanted, number);
	(void)sigprocmask(SIG_BLOCK, &wanted, NULL);
	(void)printf("ready\n");
	(void)fflush(stdout);
	if (sigwait(&wanted, &got) != 0)
		return probe_fail("waiting");
	(void)printf("got %s\n", argv[0]);
	return (int)probe_number(argv[1], 255);
}

static int ignore(int argc, char **argv)
{
	(void)argc;
	(void)signal(number_of(argv[0]), SIG_IGN);
	(void)printf("ready\n");
	return 0;
}

/* The kernel's view: which signals are blocked and ignored. */
static int masks(int argc, char **argv)
{
	FILE *status = fopen("/proc/self/status", "re");
	char line[512];

	(void)argc;
	(void)argv;
	if (status == NULL)
		return probe_fail("/proc/self/status");
	while (fgets(line, sizeof(line), status) != NULL)
		if (strncmp(line, "SigBlk:", 7) == 0 || strncmp(line, "SigIgn:", 7) == 0)
			(void)printf("%s", line);
	return fclose(status) == 0 ? 0 : probe_fail("/proc/self/status");
}

const struct probe_command signal_commands[] = {
	{ "signal", "SIGNAL", "send it to itself (\"TERM\" or a number)", 1, 1, send_to_self },
	{ "trap", "SIGNAL STATUS", "wait for it, tell, end with STATUS", 2, 2, trap },
	{ "ignore", "SIGNAL", "ignore it from now on", 1, 1, ignore },
	{ "masks", "", "blocked and ignored signals", 0, 0, masks },
	{ 0 },
};
