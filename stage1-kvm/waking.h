/* SPDX-License-Identifier: Apache-2.0 */
/*
 * waking.h - the first words between host and guest: HELLO, WAKE, AWAKE.
 *
 * A guest that was booted says HELLO and waits; a saved one has said it.  WAKE brings the time
 * and fresh entropy, and the guest answers that it has both.  Nobody gives orders to a restored
 * guest before that: one that does not answer is booted instead, and nothing of a pod was lost.
 *
 * Blocks:     waking_… do; for use before there is a poll set.
 * Errors:     -ETIMEDOUT: silence; -EPIPE: it has ended; -EPROTO: it said something else.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "common/base/error.h"
#include "stage1-kvm/channel/frame.h"

#define WAKE_ENTROPY 64

struct wake {
	unsigned char payload[16 + WAKE_ENTROPY];
	struct frame frame; /* points to payload: do not copy */
};

/* A WAKE frame of this moment. */
int wake_fill(struct wake *wake, struct error *err) MUST_CHECK;

/* HELLO of this version, and nothing else. */
int waking_await_hello(int channel, int64_t deadline_ms, struct error *err) MUST_CHECK;

/*
 * Sends WAKE and waits for AWAKE: limit_ms, not counting what the machine's process has waited for
 * a processor (so that a crowded host is not taken for a dead guest), but never more
 * than WAKE_MOST_MS.
 */
#define WAKE_MOST_MS 20000
int waking_wake(int channel, pid_t machine, int limit_ms, struct error *err) MUST_CHECK;
