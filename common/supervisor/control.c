/* SPDX-License-Identifier: Apache-2.0 */
#include "common/supervisor/control.h"

#include <errno.h>
#include <sys/socket.h>

int control_send(int socket_fd, const struct control_message *message)
{
	ssize_t n;

	do
		n = send(socket_fd, message, sizeof(*message), MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

int control_receive(int socket_fd, struct control_message *ret)
{
	struct control_message got;
	ssize_t n;

	do
		n = recv(socket_fd, &got, sizeof(got), MSG_TRUNC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == ECONNRESET ? 0 : -errno;
	if (n == 0)
		return 0;
	if (n != (ssize_t)sizeof(got) || got.kind > CONTROL_SIGNAL)
		return -EPROTO;
	got.error.text[sizeof(got.error.text) - 1] = '\0';
	*ret = got;
	return 1;
}
