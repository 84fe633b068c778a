/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/entry.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/process/fd_passing.h"
#include "stage1-kvm/session.h"

/* How long one who connects may take to say what he wants, in s. */
#define PATIENCE_S 5

static int open_socket(int *ret_fd, struct error *err)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return error_from_errno(err, "making a socket");
	*ret_fd = fd;
	return 0;
}

int entry_listen(int *ret_fd, struct error *err)
{
	const struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = ENTRY_SOCKET };
	auto_close int fd = FD_NONE;
	mode_t before;
	int r = open_socket(&fd, err);

	if (r < 0)
		return r;
	(void)unlink(ENTRY_SOCKET);
	before = umask(0177);
	r = bind(fd, (const struct sockaddr *)&address, sizeof(address));
	(void)umask(before);
	if (r < 0 || listen(fd, 16) < 0)
		return error_from_errno(err, "listening at the pod's socket " ENTRY_SOCKET);
	*ret_fd = take_fd(&fd);
	return 0;
}

int entry_receive(int client, unsigned char *buffer, size_t size, struct frame *ret,
		  struct error *err)
{
	ssize_t n;
	long whole;

	do
		n = recv(client, buffer, size, 0);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return 0;
	whole = frame_read(buffer, (size_t)n, ret, err);
	if (whole < 0)
		return (int)whole;
	return whole == n ? 1 : error_set(err, EPROTO, "entering: a record is not one frame");
}

static int check_peer(int client, struct error *err)
{
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 ||
	    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0)
		return error_from_errno(err, "looking at who enters");
	if (peer.uid != 0)
		return error_set(err, EACCES, "entering: the user %u is not root", peer.uid);
	return 0;
}

static int receive_request(struct arena *arena, int client, struct entry *entry, struct error *err)
{
	unsigned char record[FRAME_HEADER + FRAME_MAX];
	struct frame frame;
	int r = entry_receive(client, record, sizeof(record), &frame, err);

	if (r == 1 && frame.kind == FRAME_OPEN)
		return session_read(arena, &frame, &entry->request, err);
	return r < 0 ? r : error_set(err, EPROTO, "entering: no session was asked for");
}

int entry_accept(struct arena *arena, int listener, struct entry *ret, struct error *err)
{
	auto_close int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	struct entry entry = { .fds = { FD_NONE, FD_NONE, FD_NONE } };
	int r;

	if (client < 0)
		return error_from_errno(err, "accepting who enters");
	r = check_peer(client, err);
	for (size_t i = 0; r == 0 && i < ARRAY_LENGTH(entry.fds); i++)
		r = fd_receive(client, &entry.fds[i], err);
	if (r == 0)
		r = receive_request(arena, client, &entry, err);
	if (r < 0) {
		for (size_t i = 0; i < ARRAY_LENGTH(entry.fds); i++)
			cleanup_close(&entry.fds[i]);
		return r;
	}
	entry.client = take_fd(&client);
	*ret = entry;
	return 0;
}

static int send_frame(int socket_fd, const struct frame *frame)
{
	unsigned char header[FRAME_HEADER];
	struct iovec parts[] = {
		{ .iov_base = header, .iov_len = sizeof(header) },
		{ .iov_base = (void *)(uintptr_t)frame->payload, .iov_len = frame->length },
	};
	const struct msghdr message = { .msg_iov = parts, .msg_iovlen = ARRAY_LENGTH(parts) };

	frame_write_header(header, frame);
	return sendmsg(socket_fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

void entry_send_exit(int client, int status)
{
	unsigned char payload[4];

	frame_put_u32(payload, (uint32_t)status);
	result_ignored(send_frame(client, &(const struct frame){ .kind = FRAME_EXIT,
								 .payload = payload,
								 .length = sizeof(payload) }));
}
