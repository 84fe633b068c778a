/* SPDX-License-Identifier: Apache-2.0 */
#include "common/process/output_fd.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "tests/unit/test.h"

static const char block[8192];

/* Writes until the other side is full; a write that waits would hang the test. */
static size_t fill(struct output_fd *output)
{
	size_t total = 0;
	ssize_t n;

	while ((n = output_fd_write(output, block, sizeof(block))) > 0)
		total += (size_t)n;
	check_int((int)n, -EAGAIN);
	return total;
}

static void check_blocking_flag_untouched(int fd)
{
	check_int(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
}

static void check_full_pipe(bool no_nowait)
{
	struct output_fd output;
	int ends[2];

	check_int(pipe(ends), 0);
	output_fd_init(&output, ends[1]);
	output.no_nowait = no_nowait;
	check_int((int)output.kind, OUTPUT_FD_PIPE);
	check_uint(fill(&output), 65536);
	check_blocking_flag_untouched(ends[1]);
}

TEST(a_full_pipe_says_again)
{
	check_full_pipe(false);
}

TEST(a_full_pipe_says_again_on_older_kernels)
{
	check_full_pipe(true);
}

TEST(a_full_socket_says_again)
{
	struct output_fd output;
	int ends[2];

	check_int(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	output_fd_init(&output, ends[1]);
	check_int((int)output.kind, OUTPUT_FD_SOCKET);
	check_true(fill(&output) > 0);
	check_blocking_flag_untouched(ends[1]);
}

TEST(a_full_terminal_says_again)
{
	struct output_fd output;
	int master, slave;

	check_int(openpty(&master, &slave, NULL, NULL, NULL), 0);
	output_fd_init(&output, slave);
	check_int((int)output.kind, OUTPUT_FD_TERMINAL);
	check_true(fill(&output) > 0);
	check_blocking_flag_untouched(slave);
}

TEST(a_reader_that_has_gone_is_told_whatever_the_kind)
{
	struct output_fd output;
	int ends[2];

	(void)signal(SIGPIPE, SIG_IGN);
	check_int(pipe(ends), 0);
	check_int(close(ends[0]), 0);
	output_fd_init(&output, ends[1]);
	check_int((int)output_fd_write(&output, "x", 1), -EPIPE);

	check_int(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	check_int(close(ends[0]), 0);
	output_fd_init(&output, ends[1]);
	check_int((int)output_fd_write(&output, "x", 1), -EPIPE);

	check_int(openpty(&ends[0], &ends[1], NULL, NULL, NULL), 0);
	check_int(close(ends[0]), 0);
	output_fd_init(&output, ends[1]);
	check_int((int)output_fd_write(&output, "x", 1), -EPIPE);
}

TEST(a_file_takes_everything)
{
	struct output_fd output;
	auto_close int fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);

	check_true(fd >= 0);
	output_fd_init(&output, fd);
	check_int((int)output.kind, OUTPUT_FD_FILE);
	check_int((int)output_fd_write(&output, block, sizeof(block)), (int)sizeof(block));
	output_fd_init(&output, FD_NONE);
	check_int((int)output_fd_write(&output, "x", 1), -EBADF);
}
