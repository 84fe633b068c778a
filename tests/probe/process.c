/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/probe/probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int pid(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	(void)printf("%d\n", (int)getpid());
	return 0;
}

static int ppid(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	(void)printf("%d\n", (int)getppid());
	return 0;
}

static int exit_with(int argc, char **argv)
{
	(void)argc;
	return (int)probe_number(argv[0], 255);
}

static int sleep_for(int argc, char **argv)
{
	(void)argc;
	(void)usleep(probe_number(argv[0], 1000000) * 1000);
	return 0;
}

static int sleep_forever(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	for (;;)
		(void)pause();
	return 0;
}

/* Leaves a grandchild without parent, which sleeps and holds stdout, or ends at once. */
static int fork_orphan(int argc, char **argv)
{
	uint32_t seconds = argc > 0 ? probe_number(argv[0], 100000) : 0;
	pid_t child;

	(void)fflush(stdout);
	child = fork();
	if (child == 0) {
		if (fork() == 0)
			(void)sleep(seconds);
		_exit(0);
	}
	if (child < 0 || waitpid(child, NULL, 0) < 0)
		return probe_fail("forking");
	return 0;
}

/* How many ended processes nobody has reaped. */
static int zombies(int argc, char **argv)
{
	char path[64], line[512];
	uint32_t n = 0;

	(void)argc;
	(void)argv;
	for (int i = 1; i < 32768; i++) {
		FILE *stat;

		(void)snprintf(path, sizeof(path), "/proc/%d/stat", i);
		stat = fopen(path, "re");
		if (stat == NULL)
			continue;
		if (fgets(line, sizeof(line), stat) != NULL && strstr(line, ") Z ") != NULL)
			n++;
		(void)fclose(stat);
	}
	(void)printf("%u\n", n);
	return 0;
}

static int execute(int argc, char **argv)
{
	(void)argc;
	(void)execvp(argv[0], argv);
	return probe_fail(argv[0]);
}

/* Runs a program and passes its status on. */
static int spawn(int argc, char **argv)
{
	int status = 0;
	pid_t child;

	(void)fflush(stdout);
	child = fork();
	if (child == 0)
		_exit(execute(argc, argv));
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return probe_fail("forking");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

const struct probe_command process_commands[] = {
	{ "pid", "", "own process id", 0, 0, pid },
	{ "ppid", "", "parent's process id", 0, 0, ppid },
	{ "exit", "STATUS", "end with this status", 1, 1, exit_with },
	{ "sleep", "MS", "milliseconds", 1, 1, sleep_for },
	{ "sleep-forever", "", "until a signal", 0, 0, sleep_forever },
	{ "fork-orphan", "[SECONDS]", "leave a grandchild that sleeps", 0, 1, fork_orphan },
	{ "zombies", "", "count ended processes nobody reaped", 0, 0, zombies },
	{ "exec", "PROGRAM [ARG...]", "become a program", 1, -1, execute },
	{ "spawn", "PROGRAM [ARG...]", "run a program, pass its status on", 1, -1, spawn },
	{ 0 },
};
