/* SPDX-License-Identifier: Apache-2.0 */
#include "common/supervisor/restart.h"

#include "tests/unit/test.h"

TEST(the_policy_says_what_is_started_again)
{
	const struct restart ran = { .has_run = true };

	check_true(!restart_is_wanted(PLAN_RESTART_NO, &ran, 1));
	check_true(restart_is_wanted(PLAN_RESTART_ON_FAILURE, &ran, 1));
	check_true(!restart_is_wanted(PLAN_RESTART_ON_FAILURE, &ran, 0));
	check_true(restart_is_wanted(PLAN_RESTART_ALWAYS, &ran, 0));
}

TEST(what_could_not_be_started_at_all_is_not_tried_again)
{
	const struct restart never = { 0 };

	check_true(!restart_is_wanted(PLAN_RESTART_ALWAYS, &never, 127));
}

TEST(each_time_is_twice_as_long_up_to_the_most)
{
	struct restart restart = { .has_run = true, .started_ms = 1000 };
	uint64_t last = 0;

	check_uint(restart_next_delay(&restart, 1001), RESTART_FIRST_MS);
	check_uint(restart_next_delay(&restart, 1002), 2 * RESTART_FIRST_MS);
	check_uint(restart_next_delay(&restart, 1003), 4 * RESTART_FIRST_MS);
	for (int i = 0; i < 20; i++) {
		uint64_t delay = restart_next_delay(&restart, 1004);

		check_true(delay >= last && delay <= RESTART_MOST_MS);
		last = delay;
	}
	check_uint(last, RESTART_MOST_MS);
}

TEST(an_app_that_has_settled_begins_anew)
{
	struct restart restart = { .has_run = true, .started_ms = 5, .delay_ms = 60000 };

	check_uint(restart_next_delay(&restart, 5 + RESTART_SETTLED_MS - 1), RESTART_MOST_MS);
	check_uint(restart_next_delay(&restart, 5 + RESTART_SETTLED_MS), RESTART_FIRST_MS);
}
