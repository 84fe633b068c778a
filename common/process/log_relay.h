/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_relay.h - an app's output, line by line, each line marked with its origin.
 *
 *	[ 1234.567890] app[5]: text
 *
 * (the time is CLOCK_MONOTONIC, in the width that `journalctl -o
 * short-monotonic` uses, which is what rkt's users know).  A relay reads one
 * pipe; relays that write to the same place share a sink, so lines of several
 * apps never mix.  Bytes are passed as they are.
 *
 * Slow reader: a sink that cannot be written makes its relays stop reading, so
 *             the app blocks on its pipe and memory stays flat.
 * Reader gone: the sink drops everything from then on, and apps go on running.
 * Limits:     a line longer than LOG_RELAY_PIECE bytes comes out in pieces,
 *             each with its own mark; a last line without newline gets one.
 * Memory:     at most LOG_RELAY_PIECE per relay and LOG_SINK_SIZE per sink,
 *             only while there is something in them.  When the system has
 *             none, a line is lost.
 * Keeping:    who wants to keep what an app prints gets it as it comes out of the pipe.
 * Ownership:  a relay owns its pipe's read end and borrows sink and poll set,
 *             which must outlive it; a sink borrows its fd.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/base/error.h"
#include "common/process/output_fd.h"
#include "common/process/poll_set.h"

#define LOG_RELAY_PIECE    ((size_t)32 << 10)
#define LOG_SINK_SIZE      ((size_t)64 << 10)
#define LOG_RELAY_NAME_MAX 512 /* bytes of a name that are shown */

struct log_relay;

/* Where lines go.  Set up with log_sink_init(), emptied with log_sink_release(). */
struct log_sink {
	struct output_fd output;
	struct poll_set *poll_set;
	char *data; /* capacity bytes; NULL when empty */
	size_t capacity;
	size_t start, end;        /* data[start…end): not yet written, whole lines */
	struct log_relay *relays; /* that use this sink */
	bool broken;              /* nobody reads any more */
	bool awaited;             /* a relay waits for room */
};

/* fd: run's stdout or stderr; no other entry of the poll set may be for it. */
int log_sink_init(struct log_sink *sink, int fd, struct poll_set *poll_set,
		  struct error *err) MUST_CHECK;

/* Drops what is not written yet; to be called after the last of its relays has stopped. */
void log_sink_release(struct log_sink *sink);

struct log_origin {
	const char *name; /* copied */
	pid_t pid;        /* what the mark shows; see log_relay_set_pid() */
	/* Given all that is read, before it is relayed; NULL: nobody keeps it. */
	void (*keep)(void *context, const char *data, size_t length);
	void *context;
};

/* Starts relaying from a pipe's read end, which is made non-blocking and owned on success. */
int log_relay_open_take(struct log_sink *sink, int *pipe_fd, const struct log_origin *origin,
			struct log_relay **ret_relay, struct error *err) MUST_CHECK;

/* The same, with the two members of the origin as arguments. */
#define log_relay_start_take(sink, pipe_fd, its_name, its_pid, ret_relay, err)                     \
	log_relay_open_take((sink), (pipe_fd),                                                     \
			    &(const struct log_origin){ .name = (its_name), .pid = (its_pid) },    \
			    (ret_relay), (err))

/* For a pid that is known only after the pipe was made. */
void log_relay_set_pid(struct log_relay *relay, pid_t pid);

/* Whether all of the pipe has been handed to the sink: its writers closed it, or log_relay_finish()
 * was called. */
bool log_relay_has_ended(const struct log_relay *relay);

/*
 * After the app's end: relays only what the pipe holds now, and then ends, while
 * the poll set is served as before.  What a surviving grandchild writes later is dropped.
 */
void log_relay_finish(struct log_relay *relay);

/*
 * The same at once: finishes, however slow the reader is, for at most timeout_ms
 * (negative: for ever).  0, or -ETIMEDOUT: something is left.
 */
int log_relay_drain(struct log_relay *relay, int timeout_ms) MUST_CHECK;

/* Hands an unfinished line to the sink if it has room, then forgets and closes all. */
void log_relay_stop(struct log_relay **held);

/* Whether nothing is left to be written. */
bool log_sink_is_empty(const struct log_sink *sink);

/* Waits until the sink is written out, at most timeout_ms.  0 or -ETIMEDOUT. */
int log_sink_flush(struct log_sink *sink, int timeout_ms) MUST_CHECK;
