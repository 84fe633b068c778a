/* SPDX-License-Identifier: Apache-2.0 */
#include "common/process/socket_activation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "common/base/parse.h"

static bool is_for_this_process(const char *listen_pid)
{
	uint32_t pid;

	return listen_pid != NULL && parse_u32(listen_pid, INT32_MAX, &pid) == 0 &&
	       (pid_t)pid == getpid();
}

static int set_close_on_exec(int n, int flag, struct error *err)
{
	for (int fd = SOCKET_ACTIVATION_FIRST; fd < SOCKET_ACTIVATION_FIRST + n; fd++)
		if (fcntl(fd, F_SETFD, flag) < 0)
			return error_from_errno(err, "passing socket %d on", fd);
	return 0;
}

int socket_activation_collect(const char *listen_pid, const char *listen_fds, int reserved_fd,
			      struct socket_activation *ret, struct error *err)
{
	uint32_t n = 0;
	int r;

	if (listen_fds == NULL || !is_for_this_process(listen_pid)) {
		*ret = (struct socket_activation){ .n = 0 };
		return 0;
	}
	if (parse_u32(listen_fds, SOCKET_ACTIVATION_MAX, &n) < 0)
		return error_set(err, EINVAL, "LISTEN_FDS \"%s\" is not a number from 0 to %d",
				 listen_fds, SOCKET_ACTIVATION_MAX);
	if (reserved_fd >= SOCKET_ACTIVATION_FIRST &&
	    reserved_fd < SOCKET_ACTIVATION_FIRST + (int)n)
		return error_set(
		    err, EINVAL,
		    "LISTEN_FDS \"%s\" includes descriptor %d, which is the pod's lock", listen_fds,
		    reserved_fd);
	r = set_close_on_exec((int)n, FD_CLOEXEC, err);
	if (r < 0)
		return r;
	*ret = (struct socket_activation){ .n = (int)n };
	return 0;
}

int socket_activation_install(const struct socket_activation *activation,
			      struct socket_activation_environment *ret_environment,
			      struct error *err)
{
	struct socket_activation_environment made;
	int r = set_close_on_exec(activation->n, 0, err);

	if (r < 0)
		return r;
	(void)snprintf(made.listen_pid, sizeof(made.listen_pid), "LISTEN_PID=%d", (int)getpid());
	(void)snprintf(made.listen_fds, sizeof(made.listen_fds), "LISTEN_FDS=%d", activation->n);
	*ret_environment = made;
	return 0;
}
