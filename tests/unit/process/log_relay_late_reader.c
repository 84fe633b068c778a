/* SPDX-License-Identifier: Apache-2.0 */
/* A reader who empties his pipe at the worst moment: output_fd.h is played by this file. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/process/log_relay.h"
#include "tests/unit/test.h"

/* A pipe's worth of lines, more than a sink takes. */
#define LINES 4096

static const char line[] = "a line of sixty-four bytes, which is a usual length for its kind\n";
#define LENGTH (sizeof(line) - 1)

static struct {
	int fd;         /* of a pipe that is full as long as there is no room */
	unsigned asked; /* since the poll set was last waited for */
	bool open;
	size_t written;
} reader;

void output_fd_init(struct output_fd *output, int fd)
{
	*output = (struct output_fd){ .fd = fd, .kind = OUTPUT_FD_PIPE };
}

static void empty_pipe(void)
{
	char data[4096];

	while (read(reader.fd, data, sizeof(data)) > 0)
		;
	reader.open = true;
}

/* Has no room until somebody asks twice for the same event: for a line, and then for all. */
ssize_t output_fd_write(struct output_fd *output, const char *data, size_t length)
{
	(void)output;
	(void)data;
	if (!reader.open && ++reader.asked == 2)
		empty_pipe();
	if (!reader.open)
		return -EAGAIN;
	reader.written += length;
	return (ssize_t)length;
}

static void make_full_pipe(int ends[2])
{
	check_int(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	while (write(ends[1], line, LENGTH) > 0)
		;
	check_int(errno, EAGAIN);
	reader.fd = ends[0];
}

/* As much as the pipe takes; false: nothing, or all is written. */
static bool write_more(int app, size_t *written)
{
	size_t at = *written % LENGTH;
	ssize_t n = *written < LINES * LENGTH ? write(app, &line[at], LENGTH - at) : 0;

	*written += n > 0 ? (size_t)n : 0;
	return n > 0;
}

TEST(room_that_comes_before_it_is_waited_for_is_seen)
{
	struct poll_set set = { 0 };
	struct log_sink sink;
	struct log_relay *relay;
	struct error err = { 0 };
	size_t written = 0;
	int app[2], out[2];

	check_int(pipe2(app, O_CLOEXEC), 0);
	check_int(fcntl(app[1], F_SETFL, O_NONBLOCK), 0);
	make_full_pipe(out);
	check_ok(log_sink_init(&sink, out[1], &set, &err), &err);
	check_ok(log_relay_start_take(&sink, &app[0], "app", 5, &relay, &err), &err);
	do {
		while (write_more(app[1], &written))
			;
		reader.asked = 0;
	} while (poll_set_wait(&set, 0, &err) == 1);
	check_true(reader.open);
	check_uint(written, LINES * LENGTH);
	check_true(reader.written > written);
	check_true(log_sink_is_empty(&sink));
	log_relay_stop(&relay);
	log_sink_release(&sink);
	poll_set_release(&set);
	check_int(close(app[1]), 0);
	check_int(close(out[0]), 0);
	check_int(close(out[1]), 0);
}
