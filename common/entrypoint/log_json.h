/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_json.h - a line of a pod's log as one line of JSON, for programs.
 *
 *	{"time":"2026-11-30T13:00:00.123456789Z","app":"web","stream":"stdout","message":"ready"}
 *
 * stream:   "stdout" and "stderr" of the app; "notice": what the isolator has to say.
 * app:      missing when it is the pod that something is said of.
 * partial:  true when the line goes on, or has no end; else missing.
 * message:  without its newline.  What is not UTF-8, and NUL, becomes U+FFFD, one for each byte.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/text.h"
#include "common/log/log_record.h"

struct log_json_line {
	uint64_t time_ns;
	const char *app; /* NULL: none */
	enum log_stream stream;
	const char *message; /* ends with a NUL behind its length */
	size_t length;
	bool is_partial;
};

/* Appends the object and a newline; -ENOMEM, -EFBIG. */
int log_json_append(struct text *out, const struct log_json_line *line) MUST_CHECK;

/* "2026-11-30T13:00:00.123456Z", with so many digits behind the point; "" for no time at all. */
void log_json_time(uint64_t time_ns, int digits, char ret[static 40]);
