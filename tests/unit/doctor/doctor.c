/* SPDX-License-Identifier: Apache-2.0 */
#include "common/doctor/doctor.h"

#include <unistd.h>

#include "common/base/cleanup.h"
#include "tests/unit/test.h"

static const struct doctor_check *find(const struct doctor *doctor, const char *name)
{
	for (size_t i = 0; i < doctor->n; i++) {
		if (strcmp(doctor->checks[i].name, name) == 0)
			return &doctor->checks[i];
	}
	return NULL;
}

TEST(what_is_missing_keeps_pods_from_running_and_what_is_less_does_not)
{
	auto_arena struct arena arena = { 0 };
	struct doctor doctor = { .arena = &arena };

	doctor_say(&doctor, "one", (struct doctor_check){ .found = "here" });
	doctor_say(&doctor, "two",
		   (struct doctor_check){ .state = DOCTOR_LESS, .found = "half", .mend = "more" });
	check_true(doctor_can_run(&doctor));
	doctor_say(&doctor, "three", (struct doctor_check){ .state = DOCTOR_MISSING });
	check_true(!doctor_can_run(&doctor));
}

TEST(what_was_found_is_written_as_json)
{
	auto_arena struct arena arena = { 0 };
	auto_text struct text out = { 0 };
	struct doctor doctor = { .arena = &arena };

	doctor_say(&doctor, "KVM",
		   (struct doctor_check){
		       .state = DOCTOR_LESS, .found = "no \"vmx\"", .mend = "the firmware" });
	check_int(doctor_write(&doctor, "kvm", &out), 0);
	check_text(text_string(&out), "{\"isolator\":\"kvm\",\"canRun\":true,\"checks\":[{\"name\":"
				      "\"KVM\",\"state\":\"less\",\"found\":\"no \\\"vmx\\\"\","
				      "\"mend\":\"the firmware\"}]}\n");
}

TEST(more_checks_than_there_is_room_for_are_left_out)
{
	auto_arena struct arena arena = { 0 };
	struct doctor doctor = { .arena = &arena };

	for (int i = 0; i < DOCTOR_MAX_CHECKS + 5; i++)
		doctor_say(&doctor, "again", (struct doctor_check){ .found = "x" });
	check_uint(doctor.n, DOCTOR_MAX_CHECKS);
}

TEST(the_kernel_of_the_tests_runs_pods)
{
	auto_arena struct arena arena = { 0 };
	struct doctor doctor = { .arena = &arena };

	test_need_root();
	doctor_look_at_kernel(&doctor);
	doctor_look_at_namespaces(&doctor);
	doctor_look_at_labels(&doctor);
	check_true(doctor_can_run(&doctor));
	check_int(find(&doctor, "root")->state, DOCTOR_OK);
	check_int(find(&doctor, "kernel")->state, DOCTOR_OK);
	check_true(find(&doctor, "cgroups") != NULL && find(&doctor, "limits") != NULL);
}

TEST(who_is_not_root_is_told_to_become_it)
{
	auto_arena struct arena arena = { 0 };
	struct doctor doctor = { .arena = &arena };

	test_need_root();
	check_int(setuid(65534), 0);
	doctor_look_at_kernel(&doctor);
	check_int(find(&doctor, "root")->state, DOCTOR_MISSING);
	check_contains(find(&doctor, "root")->mend, "root");
	check_true(!doctor_can_run(&doctor));
}
