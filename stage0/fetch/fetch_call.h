/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch_call.h - one operation of rkt-fetch, from this side: fetch_protocol.h.
 *
 *	struct fetch_call call = FETCH_CALL_NONE;
 *	r = fetch_call_start(&(struct fetch_call_input){ … }, &call, err);
 *	r = r < 0 ? r : fetch_call_line(&call, &arena, &value, err);
 *	r = r < 0 ? r : fetch_call_finish(&call, &again, err);
 *
 * The helper is believed as little as the server it talks to: what it says is read with limits.
 *
 * Ownership:  fetch_call_close() closes and reaps; it may be called at any time.
 * Errors:     those of the operation, with its text; -EPIPE the helper ended without a result;
 *             -EPROTO it said something else than it should.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "common/base/arena.h"
#include "common/base/cleanup.h"
#include "common/base/text.h"
#include "common/json/json_value.h"
#include "common/json/json_writer.h"

struct fetch_call {
	pid_t pid; /* 0: none */
	int report;
	bool at_end;
	struct text unread; /* of the report */
};

#define FETCH_CALL_NONE                                                                            \
	{                                                                                          \
		.report = FD_NONE                                                                  \
	}
#define auto_fetch_call CLEANUP(fetch_call_close)

struct fetch_call_input {
	const char *helper; /* path of rkt-fetch; NULL: look beside this executable */
	const char *operation;
	/* Puts the request's members besides the operation. */
	void (*fill)(struct json_writer *writer, const void *context);
	const void *context;
	int data, signature, keys; /* descriptors for the helper; FD_NONE: it does not need one */
};

int fetch_call_start(const struct fetch_call_input *input, struct fetch_call *ret,
		     struct error *err) MUST_CHECK;

/* The next line but the last one. */
int fetch_call_line(struct fetch_call *call, struct arena *arena, struct json_value *ret,
		    struct error *err) MUST_CHECK;

/* The last line, and the helper's end.  *ret_again (may be NULL): on failure, too. */
int fetch_call_finish(struct fetch_call *call, bool *ret_again, struct error *err) MUST_CHECK;

void fetch_call_close(struct fetch_call *call);
