/* SPDX-License-Identifier: Apache-2.0 */
#include "cni/netlink/netlink_batch.h"

#include <linux/rtnetlink.h>

#include "cni/netlink/address.h"
#include "cni/netlink/link.h"
#include "tests/unit/test.h"

static const struct nlmsghdr *message(const struct netlink_batch *batch, size_t offset)
{
	return (const void *)(batch->bytes.data + offset);
}

TEST(messages_are_aligned_and_know_their_length)
{
	auto_batch struct netlink_batch batch = { 0 };
	struct ifinfomsg header = { .ifi_index = 7 };

	netlink_begin(&batch, RTM_NEWLINK, NLM_F_EXCL);
	netlink_put_header(&batch, &header, sizeof(header));
	netlink_put_u8(&batch, IFLA_OPERSTATE, 5);
	netlink_end(&batch, "first of %d", 2);
	netlink_begin(&batch, RTM_DELLINK, 0);
	netlink_put_header(&batch, &header, sizeof(header));
	netlink_end(&batch, "second");

	check_uint(message(&batch, 0)->nlmsg_len, 16 + 16 + 8);
	check_uint(message(&batch, 0)->nlmsg_flags, NLM_F_REQUEST | NLM_F_EXCL);
	check_uint(message(&batch, 40)->nlmsg_type, RTM_DELLINK);
	check_uint(message(&batch, 40)->nlmsg_len, 32);
	check_uint(batch.bytes.length, 72);
	check_text(batch.steps[0], "first of 2");
	check_text(batch.steps[1], "second");
}

TEST(attributes_are_found_in_nests)
{
	auto_batch struct netlink_batch batch = { 0 };
	const struct nlattr *outer[3], *inner[4];
	size_t mark;

	netlink_begin(&batch, 1, 0);
	mark = netlink_nest(&batch, 2);
	netlink_put_string(&batch, 1, "name");
	netlink_put_u32(&batch, 3, 77);
	netlink_unnest(&batch, mark);
	netlink_end(&batch, "x");
	netlink_parse(batch.bytes.data + 16, batch.bytes.length - 16, outer, 3);
	check_true(outer[2] != NULL && outer[1] == NULL);
	netlink_parse(netlink_data(outer[2]), netlink_size(outer[2]), inner, 4);
	check_text(netlink_string(inner[1]), "name");
	check_uint(netlink_u32(inner[3]), 77);
	check_uint(netlink_u32(inner[2]), 0);
	check_true(netlink_string(inner[3]) == NULL || netlink_size(inner[3]) == 4);
}

TEST(attributes_that_lie_about_their_length_are_not_followed)
{
	static const struct {
		unsigned char bytes[12];
		size_t size;
	} cases[] = {
		{ { 200, 0, 1, 0, 1, 2, 3, 4 }, 8 }, /* longer than there is */
		{ { 3, 0, 1, 0, 1, 2, 3, 4 }, 8 },   /* shorter than its own header */
		{ { 8, 0, 1 }, 3 },                  /* not even a header */
	};
	const struct nlattr *found[2];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		netlink_parse(cases[i].bytes, cases[i].size, found, 2);
		check_true(found[1] == NULL);
	}
}

TEST(what_is_too_large_is_an_error_that_stays)
{
	auto_batch struct netlink_batch batch = { 0 };
	static char large[70000];

	netlink_begin(&batch, 1, 0);
	netlink_put(&batch, 1, large, sizeof(large));
	netlink_end(&batch, "x");
	check_int(batch.status, -90); /* EMSGSIZE */
	check_uint(batch.n_messages, 0);
}

TEST(an_ipv4_address_gets_the_broadcast_address_of_its_subnet)
{
	auto_batch struct netlink_batch batch = { 0 };
	static const unsigned char want[] = { 10, 1, 2, 255 };
	const struct nlattr *found[IFA_FLAGS + 1];
	struct ip_prefix prefix;

	check_int(ip_prefix_parse("10.1.2.3/24", &prefix), 0);
	address_add(&batch, 3, &prefix, false);
	netlink_parse(batch.bytes.data + 16 + 8, batch.bytes.length - 24, found, IFA_FLAGS + 1);
	check_true(memcmp(netlink_data(found[IFA_BROADCAST]), want, 4) == 0);
	check_true((netlink_u32(found[IFA_FLAGS]) & 0x200) != 0); /* IFA_F_NOPREFIXROUTE */
}

TEST(hardware_addresses_are_those_of_one_station)
{
	unsigned char mac[LINK_MAC_BYTES];
	char text[LINK_MAC_TEXT_SIZE];
	struct error err = { 0 };

	check_int(link_mac_parse("0A:58:0a:01:02:fF", mac), 0);
	check_text(link_mac_text(mac, text), "0a:58:0a:01:02:ff");
	check_true(link_mac_parse("01:58:0a:01:02:03", mac) < 0); /* many stations */
	check_true(link_mac_parse("00:00:00:00:00:00", mac) < 0);
	check_true(link_mac_parse("0a:58:0a:01:02", mac) < 0);
	check_true(link_mac_parse("0a-58-0a-01-02-03", mac) < 0);
	check_true(link_mac_parse("0a:58:0a:01:02:0g", mac) < 0);
	for (int i = 0; i < 100; i++) {
		check_ok(link_random_mac(mac, &err), &err);
		check_int(mac[0] & 3, 2);
	}
}
