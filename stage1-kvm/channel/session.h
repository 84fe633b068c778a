/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.h - how a session is asked for: the payload of an OPEN frame.
 *
 * Strings:    session 0 (the pod): none.  Others: the app, "TERM=…" or "", then the
 *             command with its arguments, at least one.
 */
#pragma once

#include "common/base/arena.h"
#include "stage1-kvm/channel/frame.h"

enum session_flags {
	SESSION_STDIN = 1 << 0,   /* there is input; else /dev/null */
	SESSION_IN_TTY = 1 << 1,  /* stdin is a terminal */
	SESSION_OUT_TTY = 1 << 2, /* stdout is one, the same */
	SESSION_ERR_TTY = 1 << 3,
	SESSION_NOTIFY = 1 << 4, /* the pod: a service manager of the host listens */
	SESSION_COUNT = 1 << 5,  /* no command: what the apps use is printed as JSON */
	SESSION_ARCHIVE =
	    1 << 6, /* no command: the app's tree as a tar archive, instead of the pod */
	SESSION_ALL_FLAGS = (1 << 7) - 1,
};

struct session_request {
	uint32_t session;
	unsigned flags;
	uint16_t rows, columns;    /* 0: not known */
	const char *app;           /* NULL for the pod */
	const char *terminal_type; /* NULL: none */
	const char *const *argv;   /* NULL-terminated; NULL for the pod */
};

/* -E2BIG: the command does not fit into a frame. */
int session_write(const struct session_request *request, unsigned char payload[FRAME_MAX],
		  struct frame *ret, struct error *err) MUST_CHECK;

/* Texts are copied to the arena. */
int session_read(struct arena *arena, const struct frame *frame, struct session_request *ret,
		 struct error *err) MUST_CHECK;
