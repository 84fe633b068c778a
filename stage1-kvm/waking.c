/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/waking.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>

#include "common/process/deadline.h"

/* The longest that is waited for: HELLO. */
#define WORD_MAX (FRAME_HEADER + 4)

int wake_fill(struct wake *wake, struct error *err)
{
	struct timespec now;

	if (clock_gettime(CLOCK_REALTIME, &now) < 0 ||
	    getrandom(wake->payload + 16, WAKE_ENTROPY, 0) != WAKE_ENTROPY)
		return error_from_errno(err, "waking the guest");
	frame_put_u64(wake->payload, (uint64_t)now.tv_sec);
	frame_put_u64(wake->payload + 8, (uint64_t)now.tv_nsec);
	wake->frame = (struct frame){ .kind = FRAME_WAKE,
				      .stream = FRAME_OF_SESSION(0),
				      .payload = wake->payload,
				      .length = sizeof(wake->payload) };
	return 0;
}

/* The bytes of a frame that can be only one way. */
static size_t write_word(unsigned char word[WORD_MAX], const struct frame *frame)
{
	frame_write_header(word, frame);
	if (frame->length > 0)
		memcpy(word + FRAME_HEADER, frame->payload, frame->length);
	return FRAME_HEADER + frame->length;
}

static int await_readable(int channel, int64_t deadline_ms, struct error *err)
{
	struct pollfd waiting = { .fd = channel, .events = POLLIN };
	int r;

	do
		r = poll(&waiting, 1, deadline_left_ms(deadline_ms));
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return error_from_errno(err, "waiting for the guest");
	return r > 0 ? 0 : error_set(err, ETIMEDOUT, "the guest was silent for too long");
}

static int await_word(int channel, const struct frame *wanted, int64_t deadline_ms,
		      struct error *err)
{
	unsigned char word[WORD_MAX], heard[WORD_MAX];
	size_t length = write_word(word, wanted);
	size_t n = 0;

	while (n < length) {
		ssize_t got;
		int r = await_readable(channel, deadline_ms, err);

		if (r < 0)
			return r;
		got = recv(channel, heard + n, length - n, MSG_DONTWAIT);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (got <= 0)
			return error_set(err, EPIPE, "the guest ended");
		n += (size_t)got;
		if (memcmp(heard, word, n) != 0)
			return error_set(err, EPROTO, "the guest said something else");
	}
	return 0;
}

int waking_await_hello(int channel, int64_t deadline_ms, struct error *err)
{
	unsigned char version[4];
	const struct frame hello = { .kind = FRAME_HELLO, .payload = version, .length = 4 };

	frame_put_u32(version, FRAME_VERSION);
	return await_word(channel, &hello, deadline_ms, err);
}

int waking_wake(int channel, int64_t deadline_ms, struct error *err)
{
	static const struct frame awake = { .kind = FRAME_AWAKE, .stream = FRAME_OF_SESSION(0) };
	unsigned char bytes[FRAME_HEADER + sizeof(((struct wake *)0)->payload)];
	struct wake wake;
	int r = wake_fill(&wake, err);

	if (r < 0)
		return r;
	frame_write_header(bytes, &wake.frame);
	memcpy(bytes + FRAME_HEADER, wake.payload, sizeof(wake.payload));
	/* A new socket has room for these few. */
	if (send(channel, bytes, sizeof(bytes), MSG_NOSIGNAL | MSG_DONTWAIT) !=
	    (ssize_t)sizeof(bytes))
		return error_set(err, EPIPE, "the guest ended");
	return await_word(channel, &awake, deadline_ms, err);
}
