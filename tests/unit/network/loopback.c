/* SPDX-License-Identifier: Apache-2.0 */
#include "common/network/loopback.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "tests/unit/test.h"

/* Sends one datagram to 127.0.0.1; 0 or -errno. */
static int send_to_self(void)
{
	auto_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in self = { .sin_family = AF_INET,
				    .sin_port = htons(9),
				    .sin_addr = { htonl(INADDR_LOOPBACK) } };

	check_true(fd >= 0);
	return sendto(fd, "x", 1, 0, (struct sockaddr *)&self, sizeof(self)) < 0 ? -errno : 0;
}

TEST(a_new_network_namespace_reaches_itself_once_lo_is_up)
{
	struct error err = { 0 };

	test_need_root();
	if (unshare(CLONE_NEWNET) < 0)
		test_skip("needs network namespaces");
	check_int(send_to_self(), -ENETUNREACH);
	check_ok(loopback_bring_up(&err), &err);
	check_int(send_to_self(), 0);
	check_ok(loopback_bring_up(&err), &err);
}

TEST(without_privilege_it_is_refused)
{
	struct error err = { 0 };

	test_need_root();
	if (unshare(CLONE_NEWNET) < 0)
		test_skip("needs network namespaces");
	check_int(setresuid(1, 1, 1), 0);
	check_int(loopback_bring_up(&err), -EPERM);
	check_text(err.text, "bringing up lo: Operation not permitted");
}
