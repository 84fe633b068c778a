/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control.h - what the leader and the pod's PID 1 tell each other.
 *
 * One message is one record of a SOCK_SEQPACKET socket pair, made before the
 * pod is isolated; the end of the stream means that the other side is gone.
 * Both ends run the same executable, so the record needs no versioning; what
 * it holds is still checked, since PID 1 lives among the apps.
 *
 *   PID 1 → leader    READY     all apps were started
 *                     ENDED     app's exit status is value
 *                     RESTARTED app is started again, the value-th time
 *                     TERMINAL  the next message carries the pty of the app (fd_passing.h)
 *                     FAILED    the pod could not be started, or lost an app: error says why
 *   leader → PID 1    START     the user map is written, go on
 *                     STOP      stop all apps in good order
 *                     KILL      stop all apps now
 *                     SIGNAL    pass signal value on to all apps
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"

enum control_kind {
	CONTROL_READY,
	CONTROL_ENDED,
	CONTROL_RESTARTED,
	CONTROL_TERMINAL,
	CONTROL_FAILED,
	CONTROL_START,
	CONTROL_STOP,
	CONTROL_KILL,
	CONTROL_SIGNAL,
};

struct control_message {
	enum control_kind kind;
	uint32_t app; /* index in the plan */
	int32_t value;
	struct error error;
};

/* 0, or -EPIPE when the other side is gone. */
int control_send(int socket_fd, const struct control_message *message);

/* Waits for one.  1: *ret is filled, 0: the other side is gone, -EAGAIN, -EPROTO or -errno. */
int control_receive(int socket_fd, struct control_message *ret) MUST_CHECK;
