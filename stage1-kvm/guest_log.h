/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guest_log.h - keeps what the apps of a guest print in the pod's log on the host.
 *
 * The guest's supervisor marks each line as it does everywhere (log_relay.h); here the marks come
 * off again, so that the log has what the apps printed.  The log lies with the host, which knows
 * the time, and outlives the machine.
 *
 * Trust:      the guest's output is the guest's word.  A line with a mark of an app of the pod
 *             is that app's, anything else is a notice of the machine.
 * Pieces:     a line longer than LOG_RELAY_PIECE comes in pieces of that size, each with a mark,
 *             and is put together again.
 * Memory:     one mark for each of the two streams.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/log/log_writer.h"
#include "common/plan/plan.h"
#include "common/process/log_relay.h"

#define GUEST_LOG_MARK_MAX (LOG_RELAY_NAME_MAX + 64)

struct guest_log_stream {
	char mark[GUEST_LOG_MARK_MAX]; /* of the line that is coming in, as far as it is here */
	size_t mark_length;
	bool in_text; /* the mark is whole, or it is none: the line's text follows */
	enum log_stream stream;
	uint16_t app;
	size_t text_length; /* of the line so far */
};

struct guest_log {
	struct log_writer *log; /* NULL: nothing is kept */
	const struct plan *plan;
	struct guest_log_stream streams[2]; /* stdout, stderr; zeroed at first */
};

/* Takes bytes as they arrive.  index: 0 stdout, 1 stderr. */
void guest_log_take(struct guest_log *guest_log, size_t index, const char *data, size_t length);
