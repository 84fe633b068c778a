/* SPDX-License-Identifier: Apache-2.0 */
#include "cni/lease/lease_range.h"

#include <errno.h>
#include <sys/socket.h>

#include "tests/unit/test.h"

static struct ip_address address(const char *text)
{
	struct ip_address parsed = { 0 };

	if (text != NULL)
		check_int(ip_address_parse(text, &parsed), 0);
	return parsed;
}

static struct lease_range range(const char *subnet, const char *first, const char *last)
{
	struct lease_range made = { .first = address(first), .last = address(last) };

	check_int(ip_prefix_parse(subnet, &made.subnet), 0);
	return made;
}

static void check_address(const struct ip_address *got, const char *want)
{
	char text[IP_PREFIX_TEXT_SIZE];

	check_text(ip_address_text(got, text), want);
}

TEST(a_range_is_the_whole_subnet_unless_it_says_otherwise)
{
	struct error err = { 0 };
	struct lease_range four = range("10.1.2.0/24", NULL, NULL);
	struct lease_range six = range("fd00::/64", NULL, NULL);

	check_ok(lease_range_complete(&four, &err), &err);
	check_address(&four.gateway, "10.1.2.1");
	check_address(&four.first, "10.1.2.1");
	check_address(&four.last, "10.1.2.254");
	check_ok(lease_range_complete(&six, &err), &err);
	check_address(&six.gateway, "fd00::1");
	check_address(&six.last, "fd00::ffff:ffff:ffff:ffff");
}

TEST(a_gateway_may_be_outside_of_the_subnet)
{
	struct lease_range six = range("fd00:1::/64", NULL, NULL);
	struct error err = { 0 };

	six.gateway = address("fe80::1");
	check_ok(lease_range_complete(&six, &err), &err);
	check_address(&six.gateway, "fe80::1");
	check_address(&six.first, "fd00:1::1");
}

TEST(a_range_that_makes_no_sense_is_refused)
{
	static const struct {
		const char *subnet, *first, *last, *gateway, *why;
	} cases[] = {
		{ "10.1.2.0/31", NULL, NULL, NULL, "no addresses to give away" },
		{ "10.1.2.3/24", NULL, NULL, NULL, "the network is 10.1.2.0/24" },
		{ "10.1.2.0/24", "10.1.3.1", NULL, NULL, "rangeStart: 10.1.3.1 is not in" },
		{ "10.1.2.0/24", NULL, "10.1.3.1", NULL, "rangeEnd: 10.1.3.1 is not in" },
		{ "10.1.2.0/24", "10.1.2.9", "10.1.2.8", NULL, "is behind rangeEnd" },
		{ "10.1.2.0/24", NULL, NULL, "fd00::1", "gateway: fd00::1 is no address for" },
		{ "10.1.2.0/24", "fd00::1", NULL, NULL, "rangeStart: fd00::1 is not in" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct lease_range made = range(cases[i].subnet, cases[i].first, cases[i].last);
		struct error err = { 0 };

		made.gateway = address(cases[i].gateway);
		check_int(lease_range_complete(&made, &err), -EINVAL);
		check_contains(err.text, cases[i].why);
	}
}

TEST(a_walk_sees_each_address_once_without_gateways)
{
	struct lease_range ranges[] = { range("10.1.2.0/29", NULL, NULL),
					range("10.1.3.0/24", "10.1.3.254", "10.1.3.254") };
	struct lease_range_set set = { .ranges = ranges, .n = 2 };
	static const char *const want[] = { "10.1.2.4",   "10.1.2.5", "10.1.2.6",
					    "10.1.3.254", "10.1.2.2", "10.1.2.3" };
	struct ip_address after = address("10.1.2.3"), got;
	struct lease_walk walk;
	struct error err = { 0 };

	check_ok(lease_range_complete(&ranges[0], &err), &err);
	check_ok(lease_range_complete(&ranges[1], &err), &err);
	lease_walk_begin(&walk, &set, &after);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		check_true(lease_walk_next(&walk, &got) == &ranges[i == 3]);
		check_address(&got, want[i]);
	}
	check_true(lease_walk_next(&walk, &got) == NULL);
}

TEST(a_walk_that_has_no_start_begins_at_the_first)
{
	struct lease_range one = range("fd00::/126", NULL, NULL);
	struct lease_range_set set = { .ranges = &one, .n = 1 };
	struct ip_address none = { 0 }, elsewhere = address("10.0.0.1"), got;
	struct lease_walk walk;
	struct error err = { 0 };

	check_ok(lease_range_complete(&one, &err), &err);
	lease_walk_begin(&walk, &set, &none);
	check_true(lease_walk_next(&walk, &got) == &one);
	check_address(&got, "fd00::2"); /* ::1 is the gateway */
	lease_walk_begin(&walk, &set, &elsewhere);
	check_true(lease_walk_next(&walk, &got) == &one);
	check_address(&got, "fd00::2");
	check_true(lease_walk_next(&walk, &got) == &one);
	check_true(lease_walk_next(&walk, &got) == NULL);
}

TEST(a_range_that_is_its_gateway_only_has_no_address)
{
	struct lease_range one = range("10.1.2.0/24", "10.1.2.1", "10.1.2.1");
	struct lease_range_set set = { .ranges = &one, .n = 1 };
	struct ip_address none = { 0 }, got;
	struct lease_walk walk;
	struct error err = { 0 };

	check_ok(lease_range_complete(&one, &err), &err);
	lease_walk_begin(&walk, &set, &none);
	check_true(lease_walk_next(&walk, &got) == NULL);
}

TEST(overlaps_are_found)
{
	struct lease_range ranges[] = { range("10.1.2.0/24", "10.1.2.10", "10.1.2.20"),
					range("10.1.2.0/24", "10.1.2.20", "10.1.2.30") };
	struct lease_range six = range("fd00::/64", NULL, NULL);
	struct lease_range_set both = { .ranges = ranges, .n = 2 },
			       one = { .ranges = ranges, .n = 1 },
			       other = { .ranges = ranges + 1, .n = 1 },
			       v6 = { .ranges = &six, .n = 1 };
	struct error err = { 0 };

	check_ok(lease_range_complete(&ranges[0], &err), &err);
	check_ok(lease_range_complete(&ranges[1], &err), &err);
	check_ok(lease_range_complete(&six, &err), &err);
	check_int(lease_range_set_check(&both, &err), -EINVAL);
	check_contains(err.text, "range 1 overlaps range 0");
	check_true(lease_range_sets_overlap(&one, &other));
	check_true(!lease_range_sets_overlap(&one, &v6));
	ranges[1] = six;
	check_int(lease_range_set_check(&both, &err), -EINVAL);
	check_contains(err.text, "IPv4 and IPv6 in one set");
}
