/* SPDX-License-Identifier: Apache-2.0 */
#include "common/process/fd_passing.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "common/base/cleanup.h"

union control {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(int))];
};

int fd_passing_open(int ret_ends[2], struct error *err)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return error_from_errno(err, "making a socket pair");
	ret_ends[0] = ends[0];
	ret_ends[1] = ends[1];
	return 0;
}

int fd_send(int socket_fd, int fd, struct error *err)
{
	char byte = 0; /* a message without data carries no descriptor */
	struct iovec data = { .iov_base = &byte, .iov_len = 1 };
	union control control = { .room = { 0 } };
	struct msghdr message = { .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	ssize_t n;

	control.header = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
					   .cmsg_type = SCM_RIGHTS,
					   .cmsg_len = CMSG_LEN(sizeof(int)) };
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	do
		n = sendmsg(socket_fd, &message, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return error_from_errno(err, "passing a descriptor on");
	return 0;
}

int fd_receive(int socket_fd, int *ret_fd, struct error *err)
{
	char byte;
	struct iovec data = { .iov_base = &byte, .iov_len = 1 };
	union control control;
	struct msghdr message = { .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	ssize_t n;

	do
		n = recvmsg(socket_fd, &message, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return error_from_errno(err, "receiving a descriptor");
	if (n == 0)
		return error_set(err, EPIPE, "receiving a descriptor: the sender has gone");
	if (message.msg_controllen < sizeof(control.header) ||
	    control.header.cmsg_type != SCM_RIGHTS ||
	    control.header.cmsg_len != CMSG_LEN(sizeof(int)))
		return error_set(err, EPROTO, "receiving a descriptor: a message without one");
	memcpy(ret_fd, CMSG_DATA(&control.header), sizeof(*ret_fd));
	return 0;
}
