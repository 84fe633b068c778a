/* SPDX-License-Identifier: Apache-2.0 */
/*
 * start_probe - a static program that says what it found at its start.  usage: start_probe status
 */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/parse.h"

static _Thread_local int of_each_thread = 17;
static const char *constructed = "nothing";

__attribute__((__constructor__)) static void construct(int argc, char **argv)
{
	constructed = argc > 1 ? argv[1] : "no argument";
}

__attribute__((__destructor__)) static void destruct(void)
{
	(void)!write(STDOUT_FILENO, "destructor\n", 11);
}

static void at_exit(void)
{
	(void)!write(STDOUT_FILENO, "handler\n", 8);
}

static void *in_thread(void *argument)
{
	int *seen = argument;

	*seen = of_each_thread;
	of_each_thread = 23;
	errno = EXDEV;
	return NULL;
}

static uint64_t guard(void)
{
	uint64_t value = 0;

#ifdef __x86_64__
	__asm__("mov %%fs:0x28, %0" : "=r"(value));
#endif
	return value;
}

/* Copies of all sizes that glibc has ways of its own for: the functions were chosen, and know no
 * caches. */
static const char *copied(void)
{
	static unsigned char from[4 << 20], to[4 << 20];

	for (size_t i = 0; i < sizeof(from); i++)
		from[i] = (unsigned char)(i * 7 + (i >> 8));
	for (size_t size = 1; size <= sizeof(from); size = size * 2 + 1) {
		memset(to, 0, sizeof(to));
		memcpy(to, from, size);
		if (memcmp(to, from, size) != 0)
			return "wrongly";
		memmove(to + size / 3, to, size - size / 3);
		if (memcmp(to + size / 3, from, size - size / 3) != 0)
			return "wrongly in place";
	}
	return "rightly";
}

int main(int argc, char **argv, char **environment)
{
	pthread_t thread;
	uint64_t status = 0;
	int seen = 0;

	if (argc != 2 || parse_u64(argv[1], 255, &status) < 0 || atexit(at_exit) != 0)
		return 255;
	errno = 0;
	if (pthread_create(&thread, NULL, in_thread, &seen) != 0 || pthread_join(thread, NULL) != 0)
		return 255;
	printf("guard %016llx\n", (unsigned long long)guard());
	printf("constructed %s\n", constructed);
	printf("thread %d %d errno %d\n", of_each_thread, seen, errno);
	printf("environment %s\n", environment[0] ? environment[0] : "");
	printf("name %s\n", program_invocation_short_name);
	printf("copied %s\n", copied());
	fflush(stdout);
	return (int)status;
}
