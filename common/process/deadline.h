/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deadline.h - a timeout that several waits share.
 *
 * Units: ms of CLOCK_MONOTONIC; DEADLINE_NEVER: no end.  Safe between clone() and exec().
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define DEADLINE_NEVER INT64_MAX

int64_t deadline_now_ms(void);

/* timeout_ms from now; negative: DEADLINE_NEVER. */
int64_t deadline_after_ms(int timeout_ms);

/* What is left as poll(2) wants it: -1 for DEADLINE_NEVER, 0 once it has passed. */
int deadline_left_ms(int64_t deadline_ms);

bool deadline_has_passed(int64_t deadline_ms);
