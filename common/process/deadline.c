/* SPDX-License-Identifier: Apache-2.0 */
#include "common/process/deadline.h"

#include <limits.h>
#include <time.h>

int64_t deadline_now_ms(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* fails only for a clock that isn't there */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t deadline_after_ms(int timeout_ms)
{
	return timeout_ms < 0 ? DEADLINE_NEVER : deadline_now_ms() + timeout_ms;
}

int deadline_left_ms(int64_t deadline_ms)
{
	int64_t left;

	if (deadline_ms == DEADLINE_NEVER)
		return -1;
	left = deadline_ms - deadline_now_ms();
	if (left <= 0)
		return 0;
	return left < INT_MAX ? (int)left : INT_MAX;
}

bool deadline_has_passed(int64_t deadline_ms)
{
	return deadline_left_ms(deadline_ms) == 0;
}
