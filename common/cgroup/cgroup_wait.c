/* SPDX-License-Identifier: Apache-2.0 */
#include "common/cgroup/cgroup_wait.h"

#include <time.h>

#define MAX_PAUSE_US 10000

static uint64_t now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

bool cgroup_wait_again(struct cgroup_wait *wait)
{
	uint64_t now = now_us();
	struct timespec pause;

	if (wait->end_us == 0)
		wait->end_us = now + (uint64_t)wait->timeout_ms * 1000;
	if (now >= wait->end_us)
		return false;
	pause = (struct timespec){ .tv_nsec = (long)wait->next_us * 1000 };
	(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
	if (wait->next_us < MAX_PAUSE_US)
		wait->next_us *= 2;
	return true;
}
