/* SPDX-License-Identifier: Apache-2.0 */
/* Frames, credit and ends: what one side sends arrives, and nobody's memory grows. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "stage1-kvm/channel/session.h"
#include "stage1-kvm/channel/stream.h"
#include "tests/unit/test.h"

struct side {
	struct channel channel;
	struct stream_source source;
	struct stream_sink sink;
	bool has_source, has_sink;
	size_t n_ends;
};

struct fixture {
	struct poll_set set;
	struct side here, there;
	struct error err;
};

static int on_frame(void *context, const struct frame *frame, struct error *err)
{
	struct side *side = context;

	if (frame->kind == FRAME_DATA && side->has_sink)
		return stream_sink_take(&side->sink, frame, err);
	if (frame->kind == FRAME_END && side->has_sink)
		return stream_sink_finish(&side->sink, err);
	if (frame->kind == FRAME_CREDIT && side->has_source)
		return stream_source_grant(&side->source, frame_get_u32(frame->payload), err);
	if (frame->kind == FRAME_STOP && side->has_source)
		stream_source_stop(&side->source);
	return 0;
}

static void on_end(void *context)
{
	struct side *side = context;

	side->n_ends++;
}

static void set_up(struct fixture *f)
{
	int ends[2];

	(void)signal(SIGPIPE, SIG_IGN);
	memset(f, 0, sizeof(*f));
	check_int(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	f->here.channel = (struct channel){ .on_frame = on_frame, .context = &f->here };
	f->there.channel = (struct channel){ .on_frame = on_frame, .context = &f->there };
	check_ok(channel_open(&f->here.channel, &f->set, ends[0], &f->err), &f->err);
	check_ok(channel_open(&f->there.channel, &f->set, ends[1], &f->err), &f->err);
}

static void send_from(struct fixture *f, int fd)
{
	f->here.source = (struct stream_source){ .channel = &f->here.channel,
						 .stream = 1,
						 .fd = fd,
						 .on_end = on_end,
						 .context = &f->here };
	f->here.has_source = true;
	check_ok(stream_source_open(&f->here.source, &f->err), &f->err);
}

static void receive_into(struct fixture *f, int fd)
{
	f->there.sink = (struct stream_sink){
		.channel = &f->there.channel, .stream = 1, .on_end = on_end, .context = &f->there
	};
	f->there.has_sink = true;
	check_ok(stream_sink_open(&f->there.sink, fd, &f->err), &f->err);
}

static void release_side(struct side *side)
{
	if (side->has_source)
		stream_source_release(&side->source);
	if (side->has_sink)
		stream_sink_release(&side->sink);
	channel_release(&side->channel);
}

static void tear_down(struct fixture *f)
{
	release_side(&f->here);
	release_side(&f->there);
	poll_set_release(&f->set);
}

static int serve(struct fixture *f)
{
	int r;

	while ((r = poll_set_wait(&f->set, 0, &f->err)) == 1)
		;
	return r;
}

static void make_pipe(int ends[2])
{
	check_int(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
}

TEST(bytes_and_their_end_arrive)
{
	CLEANUP(tear_down) struct fixture f;
	int in[2], out[2];
	char got[16];

	set_up(&f);
	make_pipe(in);
	make_pipe(out);
	send_from(&f, in[0]);
	receive_into(&f, out[1]);
	check_int(write(in[1], "hello", 5), 5);
	(void)close(in[1]);
	check_int(serve(&f), 0);
	check_int(read(out[0], got, sizeof(got)), 5);
	check_int(memcmp(got, "hello", 5), 0);
	check_uint(f.here.n_ends, 1);
	check_uint(f.there.n_ends, 1);
}

TEST(a_slow_reader_stops_the_sender_at_its_credit)
{
	static char zeros[STREAM_WINDOW];
	CLEANUP(tear_down) struct fixture f;
	int in[2], out[2];
	size_t sent = 0, received = 0;
	ssize_t n;

	set_up(&f);
	make_pipe(in);
	make_pipe(out);
	send_from(&f, in[0]);
	receive_into(&f, out[1]);
	for (int i = 0; i < 200; i++) {
		while ((n = write(in[1], zeros, sizeof(zeros))) > 0)
			sent += (size_t)n;
		check_int(serve(&f), 0);
	}
	/* Two pipes, the window, and not a byte more. */
	check_true(sent <= 2 * (size_t)65536 + STREAM_WINDOW);
	check_true(f.there.sink.end - f.there.sink.start <= STREAM_WINDOW);
	(void)close(in[1]);
	while (f.there.n_ends == 0 || received < sent) {
		n = read(out[0], zeros, sizeof(zeros));
		received += n > 0 ? (size_t)n : 0;
		check_int(serve(&f), 0);
	}
	check_uint(received, sent);
	check_true(f.there.sink.buffer == NULL);
}

TEST(a_reader_who_leaves_stops_the_sender)
{
	CLEANUP(tear_down) struct fixture f;
	int in[2], out[2];

	set_up(&f);
	make_pipe(in);
	make_pipe(out);
	send_from(&f, in[0]);
	receive_into(&f, out[1]);
	(void)close(out[0]);
	check_int(write(in[1], "x", 1), 1);
	check_int(serve(&f), 0);
	check_uint(f.here.n_ends, 1);
	check_true(f.there.sink.broken);
}

TEST(who_sends_more_than_his_credit_breaks_the_protocol)
{
	static unsigned char data[FRAME_MAX];
	CLEANUP(tear_down) struct fixture f;
	int out[2];

	set_up(&f);
	make_pipe(out);
	receive_into(&f, out[1]);
	for (int i = 0; i < 30; i++)
		check_ok(channel_send(&f.here.channel,
				      &(struct frame){ .kind = FRAME_DATA,
						       .stream = 1,
						       .payload = data,
						       .length = sizeof(data) },
				      &f.err),
			 &f.err);
	check_int(serve(&f), -EPROTO);
	check_contains(f.err.text, "more than it may");
}

TEST(credit_beyond_the_window_is_refused)
{
	CLEANUP(tear_down) struct fixture f;
	int in[2];

	set_up(&f);
	make_pipe(in);
	send_from(&f, in[0]);
	check_int(stream_source_grant(&f.here.source, 1, &f.err), -EPROTO);
	check_int(stream_source_grant(&f.here.source, UINT32_MAX, &f.err), -EPROTO);
}

TEST(a_peer_that_reads_nothing_is_noticed)
{
	static unsigned char data[FRAME_MAX];
	CLEANUP(tear_down) struct fixture f;
	int r = 0;

	set_up(&f);
	for (int i = 0; r == 0 && i < 1000; i++)
		r = channel_send(
		    &f.here.channel,
		    &(struct frame){ .kind = FRAME_FILE, .payload = data, .length = sizeof(data) },
		    &f.err);
	check_int(r, -ENOBUFS);
	check_true(f.here.channel.out_capacity <= 2 * CHANNEL_OUT_MAX);
}

TEST(headers_that_no_frame_has_are_refused)
{
	static const unsigned char bad[][FRAME_HEADER] = {
		{ 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 },           /* no kind */
		{ 4, 0, 0, 0, 99, 0, 0, 0, 0, 0, 0, 0 },          /* an unknown one */
		{ 4, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0 },           /* not zero */
		{ 5, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0 },           /* a long HELLO */
		{ 1, 64, 0, 0, FRAME_DATA, 0, 0, 0, 0, 0, 0, 0 }, /* over FRAME_MAX */
		{ 255, 255, 255, 255, FRAME_DATA, 0, 0, 0, 0, 0, 0, 0 },
		{ 0, 0, 0, 0, FRAME_DATA, 0, 0, 0, 0, 0, 0, 0 },  /* no data */
		{ 1, 0, 0, 0, FRAME_DATA, 0, 0, 0, 0, 16, 0, 0 }, /* no such session */
	};

	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
		struct error err = { 0 };
		struct frame frame;

		ck_assert_msg(frame_read(bad[i], FRAME_HEADER, &frame, &err) == -EPROTO, "%zu", i);
		check_contains(err.text, "the channel: ");
	}
}

TEST(a_session_is_read_as_it_was_written)
{
	auto_arena struct arena arena = { 0 };
	static const char *const argv[] = { "/bin/sh", "-c", "x", NULL };
	const struct session_request wanted = { .session = 7,
						.flags = SESSION_STDIN | SESSION_OUT_TTY,
						.rows = 33,
						.columns = 111,
						.app = "app",
						.terminal_type = "TERM=xterm",
						.argv = argv };
	unsigned char payload[FRAME_MAX];
	struct session_request got;
	struct error err = { 0 };
	struct frame frame;

	check_ok(session_write(&wanted, payload, &frame, &err), &err);
	check_ok(session_read(&arena, &frame, &got, &err), &err);
	check_uint(got.session, 7);
	check_uint(got.flags, wanted.flags);
	check_uint(got.rows, 33);
	check_uint(got.columns, 111);
	check_text(got.app, "app");
	check_text(got.terminal_type, "TERM=xterm");
	check_text(got.argv[1], "-c");
	check_text(got.argv[2], "x");
	check_true(got.argv[3] == NULL);
	frame.length--;
	check_int(session_read(&arena, &frame, &got, &err), -EPROTO);
}

TEST(a_command_that_is_too_long_is_refused)
{
	static char word[FRAME_MAX];
	const char *const argv[] = { word, NULL };
	const struct session_request wanted = { .session = 1, .app = "app", .argv = argv };
	unsigned char payload[FRAME_MAX];
	struct error err = { 0 };
	struct frame frame;

	memset(word, 'x', sizeof(word) - 1);
	check_int(session_write(&wanted, payload, &frame, &err), -E2BIG);
}
