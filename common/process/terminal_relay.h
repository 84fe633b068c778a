/* SPDX-License-Identifier: Apache-2.0 */
/*
 * terminal_relay.h - bytes from the caller's terminal to a pty and back.
 *
 * Nothing is interpreted: in raw mode Ctrl-C is a byte, which the pty's own
 * line discipline turns into SIGINT for the app.  The end of the input becomes
 * the pty's end-of-file character.
 *
 * Ownership:  borrows all fds and the poll set, which must outlive it.
 * Memory:     4 KiB each way; a side that cannot be written stops the reading of the other.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"
#include "common/process/output_fd.h"
#include "common/process/poll_set.h"

#define TERMINAL_RELAY_BUFFER 4096

struct terminal_relay_pipe {
	int from;
	struct output_fd to;
	size_t start, end;
	bool from_ended; /* nothing more will be read */
	bool to_broken;  /* nobody reads: drop */
	char data[TERMINAL_RELAY_BUFFER];
};

struct terminal_relay {
	struct poll_set *poll_set;
	int master;
	struct terminal_relay_pipe input;  /* caller → pty */
	struct terminal_relay_pipe output; /* pty → caller */
};

struct terminal_relay_ends {
	int input, output; /* the caller's stdin and stdout */
	int master;        /* of the pty; made non-blocking */
};

int terminal_relay_open(struct terminal_relay *relay, struct poll_set *poll_set,
			const struct terminal_relay_ends *ends, struct error *err) MUST_CHECK;

/* The same, with the three ends as arguments. */
#define terminal_relay_start(relay, poll_set, in, out, its_master, err)                            \
	terminal_relay_open((relay), (poll_set),                                                   \
			    &(const struct terminal_relay_ends){                                   \
				.input = (in), .output = (out), .master = (its_master) },          \
			    (err))

/* Whether the pty was hung up (no process has it open) and its output is written. */
bool terminal_relay_has_ended(const struct terminal_relay *relay);

/* After the app's end: relays the output the pty still holds, at most timeout_ms.  0 or -ETIMEDOUT.
 */
int terminal_relay_drain(struct terminal_relay *relay, int timeout_ms) MUST_CHECK;

/* Takes all out of the poll set. */
void terminal_relay_stop(struct terminal_relay *relay);
