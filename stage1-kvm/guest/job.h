/* SPDX-License-Identifier: Apache-2.0 */
/*
 * job.h - a session that runs in the guest: its process, its stdio as streams.
 *
 * Stdio:      pipes; where the host has a terminal, one pty, whose other side knows no
 *             difference to the host's own (which is in raw mode).
 * End:        once the process has ended and what it wrote was sent, EXIT is, and the job is
 *             done.  What others write to its pipes later is nobody's.
 * Ownership:  a job owns its fds and its process.
 */
#pragma once

#include "common/process/child.h"
#include "stage1-kvm/channel/session.h"
#include "stage1-kvm/channel/stream.h"

struct job {
	struct job *next;
	struct channel *channel;
	uint32_t session;
	struct child process;
	bool ended;
	int status;
	int master; /* of the pty; FD_NONE: it has none */
	int in, out, err;
	bool has_in;
	struct stream_sink input;
	struct stream_source output, errors;
	bool master_ignored; /* the pty is stdin only: what it echoes is read and dropped */
};

struct job_start {
	struct channel *channel;
	const struct session_request *request;
	int (*run)(void *context); /* in the child: its exit status */
	void *context;
};

int job_start(const struct job_start *start, struct job **ret, struct error *err) MUST_CHECK;
void job_free(struct job *job);

/* A frame of the job's session arrived. */
int job_take_frame(struct job *job, const struct frame *frame, struct error *err) MUST_CHECK;

/* The process was reaped. */
void job_note_end(struct job *job, int wait_status);

/* Of an ended job: 1: its output was sent and EXIT after it, 0: not yet. */
int job_settle(struct job *job, struct error *err) MUST_CHECK;
