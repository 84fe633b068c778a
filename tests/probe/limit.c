/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/probe/probe.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const struct {
	const char *name;
	int resource;
} limits[] = {
	{ "AS", RLIMIT_AS },         { "CORE", RLIMIT_CORE },   { "CPU", RLIMIT_CPU },
	{ "DATA", RLIMIT_DATA },     { "FSIZE", RLIMIT_FSIZE }, { "MEMLOCK", RLIMIT_MEMLOCK },
	{ "NOFILE", RLIMIT_NOFILE }, { "NPROC", RLIMIT_NPROC }, { "STACK", RLIMIT_STACK },
};

static void print_limit(const char *name, rlim_t value)
{
	if (value == RLIM_INFINITY)
		(void)printf("%sunlimited", name);
	else
		(void)printf("%s%llu", name, (unsigned long long)value);
}

static int rlimits(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct rlimit limit;

		if (getrlimit((__rlimit_resource_t)limits[i].resource, &limit) < 0)
			return probe_fail(limits[i].name);
		(void)printf("%s", limits[i].name);
		print_limit("=", limit.rlim_cur);
		print_limit(",", limit.rlim_max);
		(void)printf("\n");
	}
	return 0;
}

/* Touches memory and keeps it for a time. */
static int memhold(int argc, char **argv)
{
	size_t length = (size_t)probe_number(argv[0], 65536) << 20;
	char *memory =
	    mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)argc;
	if (memory == MAP_FAILED)
		return probe_fail("memory");
	memset(memory, 1, length);
	(void)poll(NULL, 0, (int)probe_number(argv[1], INT32_MAX));
	return munmap(memory, length) < 0 ? probe_fail("memory") : 0;
}

static int memhog(int argc, char **argv)
{
	size_t length = (size_t)probe_number(argv[0], 65536) << 20;
	char *memory =
	    mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)argc;
	if (memory == MAP_FAILED)
		return probe_fail("memory");
	memset(memory, 1, length);
	(void)printf("has %s MiB\n", argv[0]);
	return munmap(memory, length) < 0 ? probe_fail("memory") : 0;
}

static void kill_all(const pid_t *children, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		(void)kill(children[i], SIGKILL);
	for (uint32_t i = 0; i < n; i++)
		(void)waitpid(children[i], NULL, 0);
}

/* Forks N children that sleep; tells how many there could be. */
static int forkbomb(int argc, char **argv)
{
	uint32_t wanted = probe_number(argv[0], 100000), n = 0;
	pid_t *children = calloc(wanted + 1, sizeof(*children));
	int failed = 0;

	(void)argc;
	if (children == NULL)
		return probe_fail("memory");
	while (n < wanted && failed == 0) {
		children[n] = fork();
		if (children[n] == 0)
			for (;;)
				(void)pause();
		if (children[n] < 0)
			failed = errno;
		else
			n++;
	}
	kill_all(children, n);
	free(children);
	(void)printf("forked=%u stopped_by=%s\n", n,
		     failed == 0 ? "nothing" : strerrorname_np(failed));
	return 0;
}

static int64_t now_ms(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Spins for a time by the clock on the wall; tells how much CPU that was. */
static int burn_cpu(int argc, char **argv)
{
	int64_t wall_ms = probe_number(argv[0], 600000), start = now_ms(CLOCK_MONOTONIC);

	(void)argc;
	while (now_ms(CLOCK_MONOTONIC) - start < wall_ms)
		;
	(void)printf("wall_ms=%lld cpu_ms=%lld\n", (long long)(now_ms(CLOCK_MONOTONIC) - start),
		     (long long)now_ms(CLOCK_PROCESS_CPUTIME_ID));
	return 0;
}

static int wall_time(int argc, char **argv)
{
	int64_t now = now_ms(CLOCK_REALTIME);

	(void)argc;
	(void)argv;
	(void)printf("%lld.%03lld\n", (long long)(now / 1000), (long long)(now % 1000));
	return 0;
}

static int oom(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return probe_cat("/proc/self/oom_score_adj");
}

const struct probe_command limit_commands[] = {
	{ "rlimits", "", "NAME=SOFT,HARD", 0, 0, rlimits },
	{ "memhog", "MIB", "touch so much memory", 1, 1, memhog },
	{ "memhold", "MIB MS", "touch so much memory and keep it for a time", 2, 2, memhold },
	{ "forkbomb", "N", "fork N times, tell how often it worked, kill all", 1, 1, forkbomb },
	{ "burn-cpu", "MS", "spin for a time, tell CPU time and wall time", 1, 1, burn_cpu },
	{ "time", "", "seconds since 1970", 0, 0, wall_time },
	{ "oom", "", "oom_score_adj", 0, 0, oom },
	{ 0 },
};
