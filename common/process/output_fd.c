/* SPDX-License-Identifier: Apache-2.0 */
#include "common/process/output_fd.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* A terminal says POLLOUT when it has room for a little; this much it takes in practice. */
#define TERMINAL_CHUNK 256

void output_fd_init(struct output_fd *output, int fd)
{
	struct stat st;

	*output = (struct output_fd){ .fd = fd, .kind = OUTPUT_FD_FILE };
	if (fstat(fd, &st) < 0)
		return; /* the first write tells */
	if (S_ISFIFO(st.st_mode))
		output->kind = OUTPUT_FD_PIPE;
	else if (S_ISSOCK(st.st_mode))
		output->kind = OUTPUT_FD_SOCKET;
	else if (S_ISCHR(st.st_mode) && (isatty(fd) || errno == EIO)) /* EIO: hung up */
		output->kind = OUTPUT_FD_TERMINAL;
}

/* poll(2) first, then no more than fits. */
static ssize_t write_polled(const struct output_fd *output, const char *data, size_t length)
{
	size_t most = output->kind == OUTPUT_FD_PIPE ? PIPE_BUF : TERMINAL_CHUNK;
	struct pollfd wanted = { .fd = output->fd, .events = POLLOUT };

	if (poll(&wanted, 1, 0) < 0)
		return -1;
	if (wanted.revents == 0) {
		errno = EAGAIN;
		return -1;
	}
	return write(output->fd, data, length < most ? length : most);
}

static ssize_t write_without_waiting(struct output_fd *output, const char *data, size_t length)
{
	struct iovec vector = { .iov_base = (void *)data, .iov_len = length };
	ssize_t n;

	if (output->kind == OUTPUT_FD_FILE)
		return write(output->fd, data, length);
	if (output->kind == OUTPUT_FD_SOCKET)
		return send(output->fd, data, length, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (!output->no_nowait) {
		n = pwritev2(output->fd, &vector, 1, -1, RWF_NOWAIT);
		if (n >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS && errno != EINVAL))
			return n;
		output->no_nowait = true;
	}
	return write_polled(output, data, length);
}

ssize_t output_fd_write(struct output_fd *output, const char *data, size_t length)
{
	ssize_t n;

	do
		n = write_without_waiting(output, data, length);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		return n;
	if (n == 0)
		return -EAGAIN;
	if (errno == ECONNRESET || (errno == EIO && output->kind == OUTPUT_FD_TERMINAL))
		return -EPIPE; /* a socket's and a terminal's way to say it */
	return -errno;
}
