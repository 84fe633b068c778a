/* SPDX-License-Identifier: Apache-2.0 */
#include "common/process/notify.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/text.h"

#define MESSAGE_MAX 4096

bool notify_is_wanted(const char *socket_name)
{
	return socket_name != NULL && socket_name[0] != '\0';
}

static int make_address(const char *name, struct sockaddr_un *ret, socklen_t *ret_length,
			struct error *err)
{
	size_t length = strlen(name);

	if (name[0] != '/' && name[0] != '@')
		return error_set(err, EINVAL,
				 "NOTIFY_SOCKET \"%s\" is neither an absolute path nor @NAME",
				 name);
	if (length >= sizeof(ret->sun_path))
		return error_set(err, ENAMETOOLONG, "NOTIFY_SOCKET \"%s\" is too long", name);
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(ret->sun_path, name, length);
	if (name[0] == '@')
		ret->sun_path[0] = '\0';
	else
		length++; /* a path counts with its NUL, an abstract name without */
	*ret_length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
	return 0;
}

int notify_send(const char *socket_name, const char *lines, struct error *err)
{
	struct sockaddr_un address = { 0 };
	socklen_t length = 0;
	auto_close int fd = FD_NONE;
	int r;

	if (!notify_is_wanted(socket_name))
		return 0;
	r = make_address(socket_name, &address, &length, err);
	if (r < 0)
		return r;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error_from_errno(err, "making a socket");
	if (sendto(fd, lines, strlen(lines), MSG_NOSIGNAL, (struct sockaddr *)&address, length) < 0)
		return error_from_errno(err, "notifying %s", socket_name);
	return 0;
}

int notify_ready(const char *socket_name, pid_t main_pid, const char *status, struct error *err)
{
	auto_text struct text lines = { .cap = MESSAGE_MAX };

	if (!notify_is_wanted(socket_name))
		return 0;
	if (status != NULL && strchr(status, '\n') != NULL)
		return error_set(err, EINVAL, "notifying %s: a status of several lines",
				 socket_name);
	(void)text_append(&lines, "READY=1\n");
	if (main_pid > 0)
		(void)text_printf(&lines, "MAINPID=%d\n", (int)main_pid);
	if (status != NULL)
		(void)text_printf(&lines, "STATUS=%s\n", status);
	if (text_status(&lines) < 0)
		return error_set(err, -text_status(&lines), "notifying %s", socket_name);
	return notify_send(socket_name, text_string(&lines), err);
}
