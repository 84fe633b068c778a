/* SPDX-License-Identifier: Apache-2.0 */
#include "common/network/routing_rules.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "common/base/cleanup.h"
#include "common/network/rtnetlink.h"

static bool is_usual(const struct nlmsghdr *object)
{
	const struct fib_rule_hdr *header = NLMSG_DATA(object);
	const void *wide =
	    rtnetlink_attribute(object, sizeof(*header), FRA_TABLE, sizeof(uint32_t));
	uint32_t table = header->table;

	if (wide != NULL)
		memcpy(&table, wide, sizeof(table));
	return header->action == FR_ACT_TO_TBL &&
	       (table == RT_TABLE_LOCAL || table == RT_TABLE_MAIN || table == RT_TABLE_DEFAULT);
}

static int on_rule(void *context, const struct nlmsghdr *object)
{
	if (object->nlmsg_type == RTM_NEWRULE && !is_usual(object))
		*(bool *)context = true;
	return 0;
}

int routing_rules_exist(bool *ret, struct error *err)
{
	const struct fib_rule_hdr any = { .family = AF_UNSPEC };
	struct rtnetlink_message message;
	auto_close int fd = FD_NONE;
	bool exist = false;
	int r = rtnetlink_open(&fd, err);

	if (r < 0)
		return r;
	rtnetlink_begin(&message, RTM_GETRULE, 0, &any, sizeof(any));
	r = rtnetlink_dump(fd, &message, on_rule, &exist, err);
	if (r == -EOPNOTSUPP) { /* this kernel has no rules */
		error_clear(err);
		r = 0;
	}
	if (r < 0)
		return error_prefix(err, "looking for rules of routing");
	*ret = exist;
	return 0;
}
