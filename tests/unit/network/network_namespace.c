/* SPDX-License-Identifier: Apache-2.0 */
#include "common/network/network_namespace.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "tests/unit/test.h"

static ino_t own_namespace(void)
{
	struct stat st;

	check_int(stat("/proc/self/ns/net", &st), 0);
	return st.st_ino;
}

TEST(a_new_namespace_is_held_and_the_own_one_kept)
{
	auto_close int fd = FD_NONE;
	struct error err = { 0 };
	ino_t before = own_namespace();
	struct stat st;

	test_need_root();
	check_ok(network_namespace_make(&fd, &err), &err);
	check_true(own_namespace() == before);
	check_int(fstat(fd, &st), 0);
	check_true(st.st_ino != before);
}

TEST(the_namespace_of_no_process_is_an_error)
{
	struct error err = { 0 };
	int fd = 12345;

	check_int(network_namespace_of(0x7ffffffe, &fd, &err), -ENOENT);
	check_contains(err.text, "opening the network namespace of process 2147483646");
	check_int(fd, 12345);
}

static bool has_address(const char *name, const char *want)
{
	struct ifaddrs *all;
	bool found = false;

	check_int(getifaddrs(&all), 0);
	for (struct ifaddrs *i = all; i != NULL; i = i->ifa_next) {
		char text[INET6_ADDRSTRLEN] = "";

		if (i->ifa_addr == NULL || strcmp(i->ifa_name, name) != 0)
			continue;
		if (i->ifa_addr->sa_family == AF_INET)
			(void)inet_ntop(AF_INET,
					&((struct sockaddr_in *)(void *)i->ifa_addr)->sin_addr,
					text, sizeof(text));
		if (i->ifa_addr->sa_family == AF_INET6)
			(void)inet_ntop(AF_INET6,
					&((struct sockaddr_in6 *)(void *)i->ifa_addr)->sin6_addr,
					text, sizeof(text));
		found = found || strcmp(text, want) == 0;
	}
	freeifaddrs(all);
	return found;
}

TEST(a_stand_in_has_the_name_and_the_addresses)
{
	const struct stand_in_address addresses[] = {
		{ .family = AF_INET, .bytes = { 10, 1, 2, 3 }, .length = 24 },
		{ .family = AF_INET6, .bytes = { 0xfd, [15] = 7 }, .length = 64 },
	};
	auto_close int fd = FD_NONE;
	struct error err = { 0 };

	test_need_root();
	check_ok(network_namespace_make(&fd, &err), &err);
	check_ok(network_namespace_add_stand_in(fd, "eth3", addresses, 2, &err), &err);
	check_uint(if_nametoindex("eth3"), 0);
	check_int(setns(fd, CLONE_NEWNET), 0);
	check_true(if_nametoindex("eth3") > 0);
	check_true(has_address("eth3", "10.1.2.3"));
	check_true(has_address("eth3", "fd00::7"));
}
