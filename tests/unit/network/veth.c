/* SPDX-License-Identifier: Apache-2.0 */
#include "common/network/veth.h"

#include <linux/if_link.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/network/rtnetlink.h"
#include "tests/unit/test.h"

static const unsigned char mac[] = { 0x0a, 0x58, 0, 0, 0, 7 };

static void make(const char *kind, const char *name)
{
	const struct ifinfomsg header = { 0 };
	struct rtnetlink_message message;
	auto_close int fd = FD_NONE;
	struct error err = { 0 };
	size_t info;

	check_ok(rtnetlink_open(&fd, &err), &err);
	rtnetlink_begin(&message, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof(header));
	rtnetlink_put(&message, IFLA_IFNAME, name, strlen(name) + 1);
	rtnetlink_put(&message, IFLA_ADDRESS, mac, sizeof(mac));
	info = rtnetlink_begin_nested(&message, IFLA_LINKINFO);
	rtnetlink_put(&message, IFLA_INFO_KIND, kind, strlen(kind) + 1);
	rtnetlink_end_nested(&message, info);
	check_ok(rtnetlink_ask(fd, &message, &err), &err);
}

static void enter_network(void)
{
	test_need_root();
	if (unshare(CLONE_NEWNET) < 0)
		test_skip("needs network namespaces");
}

TEST(the_pair_is_removed_by_its_name)
{
	struct error err = { 0 };

	enter_network();
	make("veth", "veth7");
	check_ok(veth_remove("veth7", NULL, &err), &err);
	check_uint(if_nametoindex("veth7"), 0);
	check_ok(veth_remove("veth7", NULL, &err), &err);
}

TEST(another_one_of_that_name_is_left_alone)
{
	struct error err = { 0 };

	enter_network();
	make("veth", "veth7");
	check_ok(veth_remove("veth7", "0a:58:00:00:00:08", &err), &err);
	check_true(if_nametoindex("veth7") != 0);
	check_ok(veth_remove("veth7", "0A:58:00:00:00:07", &err), &err);
	check_uint(if_nametoindex("veth7"), 0);
}

TEST(what_is_no_veth_is_left_alone)
{
	struct error err = { 0 };

	enter_network();
	make("bridge", "cni7");
	check_ok(veth_remove("cni7", NULL, &err), &err);
	check_ok(veth_remove("lo", NULL, &err), &err);
	check_ok(veth_remove("a-name-that-no-interface-can-have", NULL, &err), &err);
	check_true(if_nametoindex("cni7") != 0);
}
