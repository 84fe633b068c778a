/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroup_wait.h - waiting for what the kernel does not announce, with a bound.
 *
 * Private to this room.  struct cgroup_wait wait = CGROUP_WAIT(timeout_ms); then try,
 * and while it fails and cgroup_wait_again() says true, try again.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct cgroup_wait {
	unsigned timeout_ms;
	unsigned next_us; /* length of the next pause; grows */
	uint64_t end_us;  /* 0: not started */
};

#define CGROUP_WAIT(timeout)                                                                       \
	{                                                                                          \
		.timeout_ms = (timeout), .next_us = 100, .end_us = 0                               \
	}

/* Pauses, 0.1 ms at first and at most 10 ms; false: the time is over, no pause was made. */
bool cgroup_wait_again(struct cgroup_wait *wait);
