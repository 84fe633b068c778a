/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.h - the host's side of a process in the guest: its streams meet real descriptors.
 *
 * Session 0 is the pod, with the leader's own stdio.  Others are of those who enter:
 * their descriptors came over a socket (entry.h), which is told the exit status.
 * What arrives is the guest's word and is checked: streams.h bounds it.
 *
 * Ownership:  a session owns what `owned` says: the three fds and the client.
 */
#pragma once

#include <stdbool.h>

#include "stage1-kvm/channel/session.h"
#include "stage1-kvm/channel/stream.h"

struct session {
	struct session *next;
	struct channel *channel;
	uint32_t id;
	int fds[3]; /* in, out, err; FD_NONE: dropped */
	bool owned;
	int client; /* whom to tell the end; FD_NONE */
	bool has_in;
	struct stream_source input;
	struct stream_sink outputs[2];
	bool exited;
	int status;
	int64_t until_ms; /* exited: then what is left of the output is dropped */
};

/* channel, id, fds, owned and client of *session are given; starts it in the guest. */
int session_open(struct session *session, const struct session_request *request,
		 struct error *err) MUST_CHECK;
void session_release(struct session *session);

/* A frame of the session arrived. */
int session_take(struct session *session, const struct frame *frame, struct error *err) MUST_CHECK;

/* Whether it has exited and all its output is written, or there was time enough for it. */
bool session_is_over(const struct session *session);

/* Nobody waits for it any more: its output is dropped, its process killed. */
int session_abandon(struct session *session, struct error *err) MUST_CHECK;

int session_send_signal(const struct session *session, int number, struct error *err) MUST_CHECK;

/* The size of the terminal fd is; 0 × 0: none. */
void session_get_size(int fd, uint16_t *ret_rows, uint16_t *ret_columns);
int session_send_size(const struct session *session, uint16_t rows, uint16_t columns,
		      struct error *err) MUST_CHECK;

/* SESSION_… flags for these three descriptors. */
unsigned session_flags_of(const int fds[3]);
