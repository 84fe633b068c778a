/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_internal.h - what log_relay.c and log_sink.c know of each other; for these two only.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/process/log_relay.h"

struct log_bytes {
	const char *data;
	size_t length;
};

/* Takes mark, line and a newline as one; false: no room now, the relay waits for
 * log_relay_resume_all(). */
bool log_sink_put_line(struct log_sink *sink, struct log_bytes mark,
		       struct log_bytes line) MUST_CHECK;

/* Writes what goes and waits for POLLOUT if something is left, or a relay waits. */
void log_sink_update(struct log_sink *sink);

/* Waits for the reader, then updates.  0, -ETIMEDOUT or -errno. */
int log_sink_wait(struct log_sink *sink, int64_t deadline_ms) MUST_CHECK;

/* The sink has room again. */
void log_relay_resume_all(struct log_sink *sink);
