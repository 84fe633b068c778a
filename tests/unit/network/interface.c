/* SPDX-License-Identifier: Apache-2.0 */
#include "common/network/interface.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/network/tap.h"
#include "tests/unit/test.h"

static void enter_network(void)
{
	test_need_root();
	if (unshare(CLONE_NEWNET) < 0)
		test_skip("needs network namespaces");
}

static const unsigned char mac[INTERFACE_MAC_BYTES] = { 2, 0, 0, 0, 0, 7 };

static const struct interface_address four = { .family = AF_INET,
					       .bytes = { 10, 1, 2, 3 },
					       .length = 24 };
static const struct interface_address six = { .family = AF_INET6,
					      .bytes = { 0xfd, [15] = 7 },
					      .length = 64 };

TEST(what_was_told_is_read_again)
{
	const struct interface_route routes[] = {
		{ .to = { .family = AF_INET, .bytes = { 10, 1, 2, 1 }, .length = 32 },
		  .scope = RT_SCOPE_LINK },
		{ .to = { .family = AF_INET },
		  .gateway = { .family = AF_INET, .bytes = { 10, 1, 2, 1 } },
		  .source = four,
		  .metric = 5 },
	};
	auto_arena struct arena arena = { 0 };
	auto_close int tap = FD_NONE;
	struct interface told = { .name = "eth7", .mtu = 1400, .no_arp = true };
	struct interface interface;
	struct error err = { 0 };

	enter_network();
	check_ok(tap_open("eth7", 1500, &tap, &err), &err);
	memcpy(told.mac, mac, sizeof(mac));
	check_ok(interface_start(&told, &err), &err);
	check_ok(interface_add_address("eth7", &four, &err), &err);
	check_ok(interface_add_address("eth7", &six, &err), &err);
	for (size_t i = 0; i < ARRAY_LENGTH(routes); i++)
		check_ok(interface_add_route("eth7", &routes[i], &err), &err);

	check_ok(interface_read(&arena, "eth7", &interface, &err), &err);
	check_int(memcmp(interface.mac, mac, sizeof(mac)), 0);
	check_uint(interface.mtu, 1400);
	check_true(interface.is_ethernet);
	check_true(interface.no_arp);
	check_true(!interface.is_l3s);
	check_uint(interface.n_addresses, 2);
	check_int(memcmp(interface.addresses[0].bytes, four.bytes, 4), 0);
	check_uint(interface.addresses[0].length, 24);
	check_int(memcmp(interface.addresses[1].bytes, six.bytes, 16), 0);
	check_uint(interface.n_routes, 2);
	check_uint(interface.routes[0].to.length, 32);
	check_int(interface.routes[0].gateway.family, 0);
	check_uint(interface.routes[0].scope, RT_SCOPE_LINK);
	check_uint(interface.routes[1].to.length, 0);
	check_int(memcmp(interface.routes[1].gateway.bytes, routes[1].gateway.bytes, 4), 0);
	check_int(memcmp(interface.routes[1].source.bytes, four.bytes, 4), 0);
	check_uint(interface.routes[1].metric, 5);
}

TEST(what_is_not_there_is_named)
{
	auto_arena struct arena arena = { 0 };
	const struct interface absent = { .name = "eth9" };
	struct interface interface = { .mtu = 99 };
	struct error err = { 0 };

	enter_network();
	check_int(interface_read(&arena, "eth9", &interface, &err), -ENODEV);
	check_contains(err.text, "finding the interface eth9: No such device");
	check_uint(interface.mtu, 99);
	check_int(interface_start(&absent, &err), -ENODEV);
	check_int(interface_add_address("eth9", &four, &err), -ENODEV);
}

TEST(a_route_that_the_kernel_refuses_is_an_error)
{
	const struct interface_route nowhere = { .to = { .family = AF_INET },
						 .gateway = { .family = AF_INET,
							      .bytes = { 192, 0, 2, 1 } } };
	auto_close int tap = FD_NONE;
	struct error err = { 0 };

	enter_network();
	check_ok(tap_open("eth7", 1500, &tap, &err), &err);
	check_int(interface_add_route("eth7", &nowhere, &err), -ENETUNREACH);
	check_contains(err.text, "giving a route to eth7: Network is unreachable");
}

/* A frame for everybody, of a protocol that is nobody's. */
static const unsigned char frame[64] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2,
					 0,    0,    0,    0,    1,    0x88, 0xb5 };

static bool arrives(int fd)
{
	unsigned char buffer[2048];

	for (int i = 0; i < 100; i++) {
		ssize_t n = read(fd, buffer, sizeof(buffer));

		if (n == (ssize_t)sizeof(frame) && memcmp(buffer, frame, sizeof(frame)) == 0)
			return true;
		if (n < 0)
			(void)usleep(10000);
	}
	return false;
}

TEST(what_arrives_at_one_leaves_by_the_other)
{
	auto_close int machine = FD_NONE, plugin = FD_NONE;
	struct error err = { 0 };

	enter_network();
	check_ok(tap_open("tap0", 1500, &machine, &err), &err);
	check_ok(tap_open("eth0", 1500, &plugin, &err), &err);
	check_ok(tap_connect("tap0", "eth0", &err), &err);
	check_int((int)write(machine, frame, sizeof(frame)), sizeof(frame));
	check_true(arrives(plugin));
	check_int((int)write(plugin, frame, sizeof(frame)), sizeof(frame));
	check_true(arrives(machine));
}

TEST(a_tap_goes_with_its_file)
{
	struct error err = { 0 };
	auto_arena struct arena arena = { 0 };
	struct interface interface;
	int tap;

	enter_network();
	check_ok(tap_open("tap3", 1500, &tap, &err), &err);
	check_ok(interface_read(&arena, "tap3", &interface, &err), &err);
	(void)close(tap);
	check_int(interface_read(&arena, "tap3", &interface, &err), -ENODEV);
}
