/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/command/stats_output.h"

#include "tests/unit/request/request_fixture.h"

#define NOBODY                                                                                     \
	{                                                                                          \
		POD_USAGE_UNKNOWN, POD_USAGE_UNKNOWN, POD_USAGE_UNKNOWN, POD_USAGE_UNKNOWN,        \
		    POD_USAGE_UNKNOWN                                                              \
	}

static struct pod_usage_app apps[] = {
	{ "web", { 1500000001, 3 << 20, 2, 100, 2048 } },
	{ "db", NOBODY },
};

static const struct stats_pod pods[] = {
	{ .uuid = "6733c088-a507-4694-aabf-9d1c6e0c9f3d",
	  .name = "shop",
	  .usage = { .isolator = "kvm",
		     .apps = apps,
		     .n_apps = 2,
		     .has_machine = true,
		     .machine = { 2000000000, 64 << 20, 5, 0, 0 } } },
};

TEST(a_table_has_a_row_for_each_app_and_the_machine)
{
	auto_text struct text out = { 0 };

	check_int(stats_write_table(fixture_arena(), pods, 1, &out), 0);
	check_text(text_string(&out), "UUID\t\tAPP\t\tCPU TIME\tMEMORY\tPROCS\t"
				      "READ"
				      "\tWRITTEN\n"
				      "6733c088\tweb\t\t1.50s\t\t3.0MiB\t2\t100B\t2.0KiB\n"
				      "\t\tdb\t\t-\t\t-\t-\t-\t-\n"
				      "\t\t(machine)\t2.00s\t\t64MiB\t5\t0B\t0B\n");
}

TEST(prometheus_gets_what_is_counted_and_nothing_else)
{
	auto_text struct text out = { 0 };

	check_int(stats_write_prometheus(pods, 1, &out), 0);
	check_contains(text_string(&out),
		       "# TYPE rkt_app_cpu_seconds_total counter\n"
		       "rkt_app_cpu_seconds_total{pod=\"6733c088-a507-4694-aabf-9d1c6e0c9f3d\","
		       "pod_name=\"shop\",app=\"web\"} 1.500000001\n"
		       "# HELP rkt_machine_cpu_seconds_total CPU time.\n");
	check_true(strstr(text_string(&out), "app=\"db\"") == NULL);
}
