/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/command/doctor_output.h"

#include "tests/unit/request/request_fixture.h"

static const struct examined_check checks[] = {
	{ "root", "ok", "root", "" },
	{ "KVM", "less", "no\033[31m vmx\n", "the firmware" },
};

static const struct examined levels[] = {
	{ .stage1 = "s-fly", .isolator = "fly", .can_run = true, .checks = checks, .n_checks = 1 },
	{ .stage1 = "s-kvm", .isolator = "kvm", .checks = checks, .n_checks = 2 },
};

TEST(a_table_says_below_each_thing_how_it_is_mended)
{
	auto_text struct text out = { 0 };

	check_int(doctor_write_table(levels, 2, &out), 0);
	check_text(text_string(&out), "fly: can run pods\n"
				      "  root                  ok       root\n"
				      "\n"
				      "kvm: CANNOT run pods\n"
				      "  root                  ok       root\n"
				      "  KVM                   less     no?[31m vmx?\n"
				      "    -> the firmware\n");
}

TEST(a_line_has_all_of_a_check)
{
	auto_text struct text out = { 0 };

	check_int(doctor_write_lines(levels, 2, &out), 0);
	check_text(text_string(&out), "fly\troot\tok\troot\t\n"
				      "kvm\troot\tok\troot\t\n"
				      "kvm\tKVM\tless\tno?[31m vmx?\t"
				      "the firmware\n");
}
