/* SPDX-License-Identifier: Apache-2.0 */
/*
 * human_text.h - points in time and sizes as people read them.
 *
 * Units:      nanoseconds since the epoch; 0 is written as "".
 * Ownership:  the result belongs to the arena; NULL: no memory.
 */
#pragma once

#include <stdint.h>

#include "common/base/arena.h"

/* "2026-11-23 23:49:32.583 +0000 UTC", in the machine's time zone. */
const char *human_text_time(struct arena *arena, uint64_t ns);

/* "2 minutes ago" */
const char *human_text_age(struct arena *arena, uint64_t ns, uint64_t now_ns);

uint64_t human_text_now_ns(void);

/* "1.2MiB", "12MiB" */
const char *human_text_size(struct arena *arena, uint64_t bytes);
