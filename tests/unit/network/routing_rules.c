/* SPDX-License-Identifier: Apache-2.0 */
#include "common/network/routing_rules.h"

#include <linux/fib_rules.h>
#include <sched.h>
#include <sys/socket.h>

#include "common/base/cleanup.h"
#include "common/network/rtnetlink.h"
#include "tests/unit/test.h"

static void enter_network(void)
{
	test_need_root();
	if (unshare(CLONE_NEWNET) < 0)
		test_skip("needs network namespaces");
}

static void add_rule(int family, unsigned char table)
{
	const struct fib_rule_hdr header = { .family = (unsigned char)family,
					     .table = table,
					     .action = FR_ACT_TO_TBL };
	struct rtnetlink_message message;
	auto_close int fd = FD_NONE;
	struct error err = { 0 };

	check_ok(rtnetlink_open(&fd, &err), &err);
	rtnetlink_begin(&message, RTM_NEWRULE, NLM_F_CREATE, &header, sizeof(header));
	check_ok(rtnetlink_ask(fd, &message, &err), &err);
}

static bool exist(void)
{
	struct error err = { 0 };
	bool found = true;

	check_ok(routing_rules_exist(&found, &err), &err);
	return found;
}

TEST(a_new_namespace_has_the_usual_ones)
{
	enter_network();
	check_true(!exist());
	add_rule(AF_INET, RT_TABLE_MAIN);
	check_true(!exist());
}

TEST(one_that_leads_to_another_table_is_found)
{
	enter_network();
	add_rule(AF_INET, 100);
	check_true(exist());
}

TEST(one_of_ipv6_is_found)
{
	enter_network();
	add_rule(AF_INET6, 100);
	check_true(exist());
}
