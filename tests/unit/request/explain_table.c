/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/command/explain_table.h"
#include "tests/unit/request/request_fixture.h"

static const struct explained_verdict fly_verdicts[] = {
	{ "app-a", "resource/memory", "limit=50M", "enforced", "" },
	{ NULL, "--hostname", "h\033[31m", "ignored", "it has the host's\nname" },
};

static const struct explained_verdict coreos_verdicts[] = {
	{ "app-a", "resource/memory", "limit=50M", "enforced", "" },
	{ NULL, "--hostname", "h\033[31m", "enforced", "" },
	{ "app-a", "volume", "a-very-long-name-of-a-volume on /a/long/path", "modified",
	  "read-only" },
};

static const struct explained levels[] = {
	{ .stage1 = "s-fly", .isolator = "fly", .verdicts = fly_verdicts, .n_verdicts = 2 },
	{ .stage1 = "s-coreos",
	  .isolator = "coreos",
	  .verdicts = coreos_verdicts,
	  .n_verdicts = 3 },
	{ .stage1 = "s-kvm", .isolator = "kvm", .refusal = "no KVM here" },
};

TEST(verdicts_stand_side_by_side_and_their_reasons_below)
{
	auto_text struct text out = { 0 };

	check_int(explain_write_table(fixture_arena(), levels, 3, &out), 0);
	check_text(
	    text_string(&out),
	    "APP    REQUEST          ASKED                               fly       coreos    kvm\n"
	    "app-a  resource/memory  limit=50M                           enforced  enforced  "
	    "refused\n"
	    "(pod)  --hostname       h?[31m                              ignored   enforced  "
	    "refused\n"
	    "app-a  volume           a-very-long-name-of-a-volume on...  -         modified  "
	    "refused\n"
	    "\n"
	    "fly: (pod): --hostname h?[31m: ignored: it has the host's?name\n"
	    "coreos: app-a: volume a-very-long-name-of-a-volume on /a/long/path: modified: "
	    "read-only\n"
	    "kvm cannot run this pod: no KVM here\n");
}

TEST(a_pod_that_gets_all_is_told_so)
{
	auto_text struct text out = { 0 };
	const struct explained level = { .isolator = "fly",
					 .verdicts = fly_verdicts,
					 .n_verdicts = 1 };

	check_int(explain_write_table(fixture_arena(), &level, 1, &out), 0);
	check_contains(text_string(&out), "\n\nAll that is asked for is enforced.\n");
}

TEST(json_has_a_plan_or_a_refusal_for_each_stage1)
{
	auto_text struct text out = { 0 };
	struct explained two[2] = { levels[0], levels[2] };

	two[0].plan = (struct json_value){ .kind = JSON_VALUE_INTEGER, .integer = 7 };
	check_int(explain_write_json(two, 2, false, &out), 0);
	check_text(
	    text_string(&out),
	    "{\"levels\":[{\"stage1\":\"s-fly\",\"isolator\":\"fly\",\"refusal\":null,\"plan\":7},"
	    "{\"stage1\":\"s-kvm\",\"isolator\":\"kvm\",\"refusal\":\"no KVM "
	    "here\",\"plan\":null}]}\n");
}
