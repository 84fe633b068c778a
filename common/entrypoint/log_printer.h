/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_printer.h - records of a pod's log back to lines, those asked for, to stdout and stderr.
 *
 * A record is a piece of what came out of a pipe: pieces of one app and stream are put together
 * until a line is whole.  What an app printed to its stdout goes to ours, everything else to
 * stderr.
 *
 * Terminal:   gets no control characters of the apps' but tabs: "?" is printed for them.
 * Memory:     at most LOG_PRINTER_LINE for each app and stream: longer lines come in pieces.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/base/text.h"
#include "common/log/log_reader.h"
#include "common/option/option.h"

#define LOG_PRINTER_LINE ((size_t)1 << 20)

struct log_filter {
	uint64_t since_ns;       /* nothing before it */
	struct option_list apps; /* none: all */
	bool no_stdout, no_stderr;
};

struct log_printer {
	const char *program; /* in front of what the isolator says */
	struct log_filter filter;
	bool show_time, show_app;
	bool json;              /* all of it as log_json.h has it, to stdout */
	uint64_t last_ns;       /* of the last record */
	struct log_line *lines; /* that are not whole yet */
	struct text out[2];     /* for stdout and stderr, to be flushed */
	bool is_terminal[2];
};

#define auto_log_printer CLEANUP(log_printer_release)

/* program, filter, show_time, show_app and json are given. */
void log_printer_open(struct log_printer *printer);
void log_printer_release(struct log_printer *printer);

/* Takes a record; app: its name, NULL: the pod as a whole. */
int log_printer_take(struct log_printer *printer, const struct log_record *record, const char *app,
		     struct error *err) MUST_CHECK;

/* Says something of our own on stderr (json: a notice), behind what was printed so far. */
int log_printer_say(struct log_printer *printer, const char *text, struct error *err) MUST_CHECK;

/* Writes out the whole lines; with all, unfinished ones, too. */
int log_printer_flush(struct log_printer *printer, bool all, struct error *err) MUST_CHECK;
