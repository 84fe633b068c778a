/* SPDX-License-Identifier: Apache-2.0 */
#include "metadata/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/process/socket_activation.h"

#define BACKLOG 128

static int bind_and_listen(int fd, const struct sockaddr *address, socklen_t length)
{
	if (bind(fd, address, length) < 0 || listen(fd, BACKLOG) < 0)
		return -errno;
	return 0;
}

static int listen_ipv6(uint16_t port, int *ret)
{
	const struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	auto_close int fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	const int yes = 1, no = 0;
	int r;

	if (fd < 0)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no)) < 0)
		return -errno;
	r = bind_and_listen(fd, (const struct sockaddr *)&any, sizeof(any));
	if (r == 0)
		*ret = take_fd(&fd);
	return r;
}

static int listen_ipv4(uint16_t port, int *ret)
{
	const struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(port) };
	auto_close int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	const int yes = 1;
	int r;

	if (fd < 0)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	r = bind_and_listen(fd, (const struct sockaddr *)&any, sizeof(any));
	if (r == 0)
		*ret = take_fd(&fd);
	return r;
}

int listen_tcp(uint16_t port, int *ret, struct error *err)
{
	int r = listen_ipv6(port, ret);

	if (r == -EAFNOSUPPORT || r == -EADDRNOTAVAIL)
		r = listen_ipv4(port, ret);
	if (r < 0)
		return error_set(err, -r, "listening at port %u: %s", port, strerror(-r));
	return 0;
}

static int make_directory_of(const char *path, struct error *err)
{
	char directory[PATH_MAX];
	const char *slash = strrchr(path, '/');

	if (slash == NULL || slash == path)
		return 0;
	(void)snprintf(directory, sizeof(directory), "%.*s", (int)(slash - path), path);
	return file_make_directories(AT_FDCWD, directory, 0755, err);
}

int listen_unix(const char *path, int *ret, struct error *err)
{
	auto_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	mode_t mask;
	int n, r;

	if (fd < 0)
		return error_from_errno(err, "making a socket");
	/* Under another name until it listens: then nobody is refused by one that is half there. */
	n = snprintf(address.sun_path, sizeof(address.sun_path), "%s.new", path);
	if (n < 0 || (size_t)n >= sizeof(address.sun_path))
		return error_set(err, ENAMETOOLONG, "%s: too long for a socket", path);
	r = make_directory_of(path, err);
	if (r < 0)
		return r;
	(void)unlink(address.sun_path);
	mask = umask(0177);
	r = bind_and_listen(fd, (const struct sockaddr *)&address, sizeof(address));
	(void)umask(mask);
	if (r < 0)
		return error_set(err, -r, "listening at %s: %s", path, strerror(-r));
	if (rename(address.sun_path, path) < 0) {
		r = error_from_errno(err, "putting the socket to %s", path);
		(void)unlink(address.sun_path);
		return r;
	}
	*ret = take_fd(&fd);
	return 0;
}

int listen_passed(int n, int *ret_tcp, int *ret_unix, struct error *err)
{
	for (int fd = SOCKET_ACTIVATION_FIRST; fd < SOCKET_ACTIVATION_FIRST + n; fd++) {
		int family = 0, *place;
		socklen_t length = sizeof(family);

		if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &length) < 0)
			return error_from_errno(err, "the passed descriptor %d", fd);
		place = family == AF_UNIX ? ret_unix : ret_tcp;
		if ((family != AF_UNIX && family != AF_INET && family != AF_INET6) || *place >= 0)
			return error_set(
			    err, EINVAL,
			    "the passed descriptor %d: not one UNIX and one TCP socket", fd);
		*place = fd;
	}
	return 0;
}
