/* SPDX-License-Identifier: Apache-2.0 */
#include "common/cni/ip_address.h"

#include <errno.h>

#include "common/base/cleanup.h"
#include "tests/unit/test.h"

TEST(addresses_and_prefixes_keep_their_text)
{
	const char *const cases[] = { "0.0.0.0/0",     "10.1.2.3/24", "255.255.255.255/32",
				      "::/0",          "fe80::1/64",  "2001:db8::1:2/128",
				      "172.16.28.1/31" };

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		char buffer[IP_PREFIX_TEXT_SIZE];
		struct ip_prefix prefix;

		check_int(ip_prefix_parse(cases[i], &prefix), 0);
		check_text(ip_prefix_text(&prefix, buffer), cases[i]);
	}
}

TEST(the_longest_text_fits)
{
	const char *longest = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff0/128";
	char buffer[IP_PREFIX_TEXT_SIZE];
	struct ip_prefix prefix;

	check_int(ip_prefix_parse(longest, &prefix), 0);
	check_text(ip_prefix_text(&prefix, buffer), longest);
}

TEST(what_is_no_address_is_refused_and_the_result_left_alone)
{
	const char *const cases[] = { "",
				      "10.1.2.3",
				      "10.1.2.3/33",
				      "10.1.2/24",
				      "10.1.2.3/",
				      "10.1.2.3/-1",
				      "10.1.2.3/ 8",
				      "::1/129",
				      "fe80::1%lo/64",
				      "10.1.2.3/24/8",
				      "a/24",
				      "/24" };

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct ip_prefix prefix = { .length = 99 };

		check_int(ip_prefix_parse(cases[i], &prefix), -EINVAL);
		check_uint(prefix.length, 99);
		check_int(prefix.address.family, AF_UNSPEC);
	}
}

TEST(a_prefix_has_a_network_and_a_mask)
{
	const struct {
		const char *prefix, *network, *mask;
	} cases[] = { { "10.1.2.3/24", "10.1.2.0/24", "255.255.255.0" },
		      { "10.1.2.3/23", "10.1.2.0/23", "255.255.254.0" },
		      { "10.1.3.3/0", "0.0.0.0/0", "0.0.0.0" },
		      { "10.1.3.3/32", "10.1.3.3/32", "255.255.255.255" },
		      { "fd00::1:2/127", "fd00::1:2/127",
			"ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe" } };

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		char buffer[IP_PREFIX_TEXT_SIZE];
		struct ip_prefix prefix, network;
		struct ip_address mask;

		check_int(ip_prefix_parse(cases[i].prefix, &prefix), 0);
		network = ip_prefix_network(&prefix);
		check_text(ip_prefix_text(&network, buffer), cases[i].network);
		mask = ip_prefix_mask(&prefix);
		check_text(ip_address_text(&mask, buffer), cases[i].mask);
	}
}

TEST(a_prefix_contains_its_own_only)
{
	struct ip_address inside, outside, other;
	struct ip_prefix prefix;

	check_int(ip_prefix_parse("172.16.28.9/22", &prefix), 0);
	check_int(ip_address_parse("172.16.31.255", &inside), 0);
	check_int(ip_address_parse("172.16.32.0", &outside), 0);
	check_int(ip_address_parse("::", &other), 0);
	check_true(ip_prefix_contains(&prefix, &inside));
	check_true(!ip_prefix_contains(&prefix, &outside));
	check_true(!ip_prefix_contains(&prefix, &other));
	prefix.length = 0;
	check_true(!ip_prefix_contains(&prefix, &other));
}
