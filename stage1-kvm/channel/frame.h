/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frame.h - what host and guest of a VM say to each other, one frame at a time.
 *
 * One byte stream each way over one virtio-serial port.  A frame is a header of
 * FRAME_HEADER bytes (little-endian: u32 length of the payload, u16 kind, u16 0,
 * u32 stream) and at most FRAME_MAX bytes of payload.
 *
 * Sessions:   a process that the guest runs for the host: session 0 is the pod, others
 *             are what enter starts.  Each has three streams, FRAME_STREAM(session, 0 … 2),
 *             stdin towards the guest, stdout and stderr towards the host.
 * Credit:     at its start a stream may carry STREAM_WINDOW bytes; the receiver grants
 *             more as it hands them on.  Who sends more breaks the protocol.
 * Trust:      the host believes nothing that comes from the guest: every length, kind,
 *             session and order is checked, and a violation ends the VM.
 *
 *   guest → host   HELLO        u32 FRAME_VERSION; waits for orders
 *                  READY        all apps were started
 *                  STARTED      the pod's processes exist, environments were sent
 *                  ENVIRONMENT  u32 app, then "K=V" strings, each with its NUL; may be continued
 *                  ENDED        u32 app, u32 status: it ended for good
 *                  RESTARTED    u32 app, u32 n: it is started again, for the n-th time
 *                  EXIT         u32 status: the session's process ended, its output was sent
 *                  FAILED       text: the guest could not do what it was told
 *                  NOTIFY       a datagram for the host's service manager
 *                  AWAKE        has the time and the entropy that WAKE brought
 *                  PONG         is alive: the answer to PING
 *   host → guest   WAKE         u64 seconds, u64 nanoseconds (the time), then entropy
 *                  FILE         path, NUL, bytes to append to it, below the guest's /run/pod
 *                  PLAN         bytes to append to the plan (machine/plan_wire.h)
 *                  ORDER        text: one thing to do before the pod starts (order.h)
 *                  OPEN         starts a session: u16 flags, u16 rows, u16 columns, then
 *                               strings, each with its NUL (session.h)
 *                  RESIZE       u16 rows, u16 columns: of the session's terminal
 *                  SIGNAL       u32 number: for the session's process
 *                  PING         to be answered at once
 *   both           DATA         bytes of a stream
 *                  END          the sender of a stream has no more
 *                  CREDIT       u32: the receiver of a stream takes that much more
 *                  STOP         the receiver of a stream wants no more
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"

#define FRAME_VERSION             5
#define FRAME_HEADER              12
#define FRAME_MAX                 ((size_t)16 << 10)
#define STREAM_WINDOW             ((size_t)64 << 10)
#define FRAME_SESSIONS            1024 /* ids of sessions are below this */

#define FRAME_STREAM(session, n)  ((uint32_t)(session)*4 + (uint32_t)(n))
#define FRAME_SESSION_OF(stream)  ((stream) / 4)
#define FRAME_STDIO_OF(stream)    ((stream) % 4) /* 3: the session itself */
#define FRAME_OF_SESSION(session) FRAME_STREAM(session, 3)

enum frame_kind {
	FRAME_HELLO = 1,
	FRAME_READY,
	FRAME_STARTED,
	FRAME_ENVIRONMENT,
	FRAME_ENDED,
	FRAME_EXIT,
	FRAME_FAILED,
	FRAME_NOTIFY,
	FRAME_WAKE,
	FRAME_FILE,
	FRAME_ORDER,
	FRAME_OPEN,
	FRAME_RESIZE,
	FRAME_SIGNAL,
	FRAME_DATA,
	FRAME_END,
	FRAME_CREDIT,
	FRAME_STOP,
	FRAME_AWAKE,
	FRAME_PING,
	FRAME_PONG,
	FRAME_RESTARTED,
	FRAME_PLAN,
	FRAME_KINDS,
};

struct frame {
	enum frame_kind kind;
	uint32_t stream;
	const unsigned char *payload; /* points into the buffer that was read */
	size_t length;
};

void frame_put_u16(unsigned char *at, uint16_t value);
void frame_put_u32(unsigned char *at, uint32_t value);
void frame_put_u64(unsigned char *at, uint64_t value);
uint16_t frame_get_u16(const unsigned char *at);
uint32_t frame_get_u32(const unsigned char *at);
uint64_t frame_get_u64(const unsigned char *at);

void frame_write_header(unsigned char header[FRAME_HEADER], const struct frame *frame);

/*
 * Looks at the first bytes of what was received: the bytes that the frame takes
 * (*ret is filled), 0: it is not whole yet, -EPROTO: no frame begins like this.
 */
long frame_read(const unsigned char *data, size_t length, struct frame *ret,
		struct error *err) MUST_CHECK;

/* The text of a FAILED, which the guest wrote, as an error: -EIO. */
int frame_take_failed(const struct frame *frame, struct error *err) MUST_CHECK;

/* The next string of a payload at *at, which is moved behind its NUL; NULL: there is none. */
const char *frame_next_string(const struct frame *frame, size_t *at);
