/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/probe/probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/cleanup.h"

static struct sockaddr_in loopback(const char *port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons((uint16_t)probe_number(port, 65535)),
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

/* Answers n connections (0: for ever) with "hello". */
static int answer(int listener, uint32_t n)
{
	for (uint32_t i = 0; n == 0 || i < n; i++) {
		auto_close int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (connection < 0)
			return probe_fail("accepting");
		if (probe_write(connection, "hello\n", 6) != 0)
			return 1;
	}
	return 0;
}

static int server(int argc, char **argv)
{
	struct sockaddr_in address = loopback(argv[0]);
	auto_close int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int on = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 16) < 0)
		return probe_fail("listening");
	(void)printf("listening on %s\n", argv[0]);
	(void)fflush(stdout);
	return answer(fd, argc > 1 ? probe_number(argv[1], 1000000) : 0);
}

static int get(int argc, char **argv)
{
	struct sockaddr_in address = loopback(argv[0]);
	auto_close int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char buffer[256];
	ssize_t n;

	(void)argc;
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return probe_fail("connecting");
	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		if (probe_write(STDOUT_FILENO, buffer, (size_t)n) != 0)
			return 1;
	return n < 0 ? probe_fail("reading") : 0;
}

/* What socket activation passed; with an argument, answers so many connections on the first. */
static int listen_fds(int argc, char **argv)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	char own[16];

	(void)snprintf(own, sizeof(own), "%d", (int)getpid());
	(void)printf("LISTEN_FDS=%s LISTEN_PID=%s\n", fds != NULL ? fds : "",
		     pid == NULL             ? ""
		     : strcmp(pid, own) == 0 ? "own"
					     : pid);
	(void)fflush(stdout);
	return argc > 0 ? answer(3, probe_number(argv[0], 1000)) : 0;
}

static int notify(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	auto_close int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const char *name = getenv("NOTIFY_SOCKET");
	size_t length = name != NULL ? strlen(name) : 0;

	(void)argc;
	if (length == 0 || length >= sizeof(address.sun_path)) {
		errno = ENOENT;
		return probe_fail("NOTIFY_SOCKET");
	}
	memcpy(address.sun_path, name, length);
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	length += offsetof(struct sockaddr_un, sun_path);
	if (fd < 0 || sendto(fd, argv[0], strlen(argv[0]), MSG_NOSIGNAL,
			     (struct sockaddr *)&address, (socklen_t)length) < 0)
		return probe_fail("notifying");
	return 0;
}

static int interfaces(int argc, char **argv)
{
	struct if_nameindex *all = if_nameindex();

	(void)argc;
	(void)argv;
	if (all == NULL)
		return probe_fail("interfaces");
	for (struct if_nameindex *i = all; i->if_index != 0; i++)
		(void)printf("%s\n", i->if_name);
	if_freenameindex(all);
	return 0;
}

/* "eth0 172.16.28.2/24", but not what IPv6 gives every link. */
static int addresses(int argc, char **argv)
{
	struct ifaddrs *all;

	(void)argc;
	(void)argv;
	if (getifaddrs(&all) < 0)
		return probe_fail("addresses");
	for (struct ifaddrs *i = all; i != NULL; i = i->ifa_next) {
		char text[INET6_ADDRSTRLEN];
		struct sockaddr_in6 *six = (struct sockaddr_in6 *)(void *)i->ifa_addr;
		struct sockaddr_in *four = (struct sockaddr_in *)(void *)i->ifa_addr;

		if (i->ifa_addr == NULL || strcmp(i->ifa_name, "lo") == 0)
			continue;
		if (i->ifa_addr->sa_family == AF_INET)
			(void)printf("%s %s\n", i->ifa_name,
				     inet_ntop(AF_INET, &four->sin_addr, text, sizeof(text)));
		if (i->ifa_addr->sa_family == AF_INET6 && !IN6_IS_ADDR_LINKLOCAL(&six->sin6_addr))
			(void)printf("%s %s\n", i->ifa_name,
				     inet_ntop(AF_INET6, &six->sin6_addr, text, sizeof(text)));
	}
	freeifaddrs(all);
	return 0;
}

static int answer_stream(int fd, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct sockaddr_in6 peer;
		socklen_t size = sizeof(peer);
		char text[INET6_ADDRSTRLEN] = "";
		int connection = accept4(fd, (struct sockaddr *)&peer, &size, SOCK_CLOEXEC);
		int r;

		if (connection < 0)
			return probe_fail("accepting");
		(void)inet_ntop(AF_INET6, &peer.sin6_addr, text, sizeof(text));
		r = probe_write(connection, text, strlen(text));
		(void)close(connection);
		if (r != 0)
			return r;
	}
	return 0;
}

static int answer_datagrams(int fd, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct sockaddr_in6 peer;
		socklen_t size = sizeof(peer);
		char text[INET6_ADDRSTRLEN] = "";

		if (recvfrom(fd, text, sizeof(text), 0, (struct sockaddr *)&peer, &size) < 0)
			return probe_fail("receiving");
		(void)inet_ntop(AF_INET6, &peer.sin6_addr, text, sizeof(text));
		if (sendto(fd, text, strlen(text), 0, (struct sockaddr *)&peer, size) < 0)
			return probe_fail("answering");
	}
	return 0;
}

static int tell_peers(int argc, char **argv)
{
	bool udp = strcmp(argv[0], "udp") == 0;
	struct sockaddr_in6 any = { .sin6_family = AF_INET6,
				    .sin6_port = htons((uint16_t)probe_number(argv[1], 65535)) };
	auto_close int fd = socket(AF_INET6, (udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
	uint32_t n = argc > 2 ? probe_number(argv[2], 1000000) : UINT32_MAX;

	if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0 ||
	    (!udp && listen(fd, 16) < 0))
		return probe_fail("listening");
	(void)printf("listening\n");
	(void)fflush(stdout);
	return udp ? answer_datagrams(fd, n) : answer_stream(fd, n);
}

static int get_from(int argc, char **argv)
{
	struct sockaddr_in address = loopback(argv[1]);
	auto_close int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char buffer[256];
	ssize_t n;

	(void)argc;
	if (inet_pton(AF_INET, argv[0], &address.sin_addr) != 1 || fd < 0 ||
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return probe_fail("connecting");
	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		if (probe_write(STDOUT_FILENO, buffer, (size_t)n) != 0)
			return 1;
	return n < 0 ? probe_fail("reading") : 0;
}

/* The URL is http://ADDRESS:PORT/TOKEN. */
static int ask_metadata(int argc, char **argv)
{
	const char *url = getenv("AC_METADATA_URL");
	char address[64], port[8], token[128], request[512], answer[8192];
	auto_close int fd = FD_NONE;
	struct sockaddr_in to;
	size_t length = 0;
	ssize_t n;
	char *body;

	(void)argc;
	if (url == NULL || sscanf(url, "http://%63[0-9.]:%7[0-9]/%127s", address, port, token) != 3)
		return probe_fail("AC_METADATA_URL");
	to = loopback(port);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (inet_pton(AF_INET, address, &to.sin_addr) != 1 || fd < 0 ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		return probe_fail("connecting");
	(void)snprintf(request, sizeof(request),
		       "GET /%s/acMetadata/v1/%s HTTP/1.0\r\nMetadata-Flavor: AppContainer\r\n\r\n",
		       token, argv[0]);
	if (probe_write(fd, request, strlen(request)) != 0)
		return 1;
	while ((n = read(fd, answer + length, sizeof(answer) - 1 - length)) > 0)
		length += (size_t)n;
	answer[length] = '\0';
	body = strstr(answer, "\r\n\r\n");
	if (n < 0 || body == NULL)
		return probe_fail("reading");
	(void)puts(body + 4);
	return 0;
}

const struct probe_command network_commands[] = {
	{ "server", "PORT [N]", "answer \"hello\" on 127.0.0.1, N times or for ever", 1, 2,
	  server },
	{ "get", "PORT", "print what 127.0.0.1:PORT answers", 1, 1, get },
	{ "listen-fds", "[N]", "what was passed; answer N connections on fd 3", 0, 1, listen_fds },
	{ "notify", "TEXT", "send text to NOTIFY_SOCKET", 1, 1, notify },
	{ "interfaces", "", "network interfaces", 0, 0, interfaces },
	{ "addresses", "", "addresses of all interfaces but lo", 0, 0, addresses },
	{ "tell-peers", "tcp|udp PORT [N]", "answer N clients with their address", 2, 3,
	  tell_peers },
	{ "ask-metadata", "PATH", "what the metadata service says to it", 1, 1, ask_metadata },
	{ "get-from", "ADDRESS PORT", "print what ADDRESS:PORT answers", 2, 2, get_from },
	{ 0 },
};
