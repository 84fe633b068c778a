/* SPDX-License-Identifier: Apache-2.0 */
/* Resource limits, the score for want of memory, file descriptors. */
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/kernel/procfs.h"
#include "common/privilege/file_descriptors.h"
#include "common/privilege/oom_score_adj.h"
#include "common/privilege/rlimit.h"
#include "tests/unit/test.h"

TEST(a_limit_is_set)
{
	const struct rlimit_value value = { .resource = RLIMIT_NOFILE, .soft = 50, .hard = 60 };
	struct error err = { 0 };
	struct rlimit got;

	check_ok(rlimit_set(&value, &err), &err);
	check_int(getrlimit(RLIMIT_NOFILE, &got), 0);
	check_uint(got.rlim_cur, 50);
	check_uint(got.rlim_max, 60);
}

TEST(unlimited_is_unlimited)
{
	struct rlimit_value value = { .resource = RLIMIT_CPU,
				      .soft = RLIMIT_VALUE_UNLIMITED,
				      .hard = RLIMIT_VALUE_UNLIMITED };
	struct error err = { 0 };
	struct rlimit got;

	check_int(getrlimit(RLIMIT_CPU, &got), 0);
	if (got.rlim_max != RLIM_INFINITY)
		test_skip("RLIMIT_CPU is limited already");
	check_ok(rlimit_set(&value, &err), &err);
	check_int(getrlimit(RLIMIT_CPU, &got), 0);
	check_true(got.rlim_cur == RLIM_INFINITY);
}

TEST(a_limit_that_cannot_be_set_is_told_with_its_values)
{
	const struct rlimit_value value = { .resource = RLIMIT_NPROC,
					    .soft = RLIMIT_VALUE_UNLIMITED,
					    .hard = 10 };
	struct error err = { 0 };

	check_int(rlimit_set(&value, &err), -EINVAL);
	check_contains(err.text, "limiting RLIMIT_NPROC to unlimited (hard: 10): ");
}

TEST(resources_have_names)
{
	for (int resource = 0; resource < RLIMIT_NLIMITS; resource++)
		check_contains(rlimit_name(resource), "RLIMIT_");
	check_text(rlimit_name(RLIMIT_MEMLOCK), "RLIMIT_MEMLOCK");
	check_text(rlimit_name(-1), "an unknown resource");
	check_text(rlimit_name(RLIMIT_NLIMITS), "an unknown resource");
}

TEST(the_score_is_set_and_read)
{
	struct error err = { 0 };
	int proc = -1, value = 0;

	check_ok(procfs_open(&proc, &err), &err);
	check_ok(oom_score_adj_set(proc, 321, &err), &err);
	check_ok(oom_score_adj_get(proc, &value, &err), &err);
	check_int(value, 321);
	check_int(oom_score_adj_set(proc, 1001, &err), -EINVAL);
	check_contains(err.text, "1001");
	check_int(oom_score_adj_set(proc, -1001, &err), -EINVAL);
}

TEST(descriptors_from_a_number_on_close_at_exec)
{
	struct error err = { 0 };
	int low = open("/dev/null", O_RDONLY), high = fcntl(low, F_DUPFD, 200);

	check_ok(file_descriptors_close_at_exec(200, &err), &err);
	check_int(fcntl(high, F_GETFD), FD_CLOEXEC);
	check_int(fcntl(low, F_GETFD), 0);
	check_ok(file_descriptors_close(200, ~0U, &err), &err);
	check_int(fcntl(high, F_GETFD), -1);
	check_int(fcntl(low, F_GETFD), 0);
	check_int(file_descriptors_close(5, 4, &err), -EINVAL);
	check_contains(err.text, "5 to 4");
}
