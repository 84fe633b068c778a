/* SPDX-License-Identifier: Apache-2.0 */
#include "common/supervisor/restart.h"

bool restart_is_wanted(enum plan_restart policy, const struct restart *restart, int status)
{
	if (!restart->has_run || policy == PLAN_RESTART_NO)
		return false;
	return policy == PLAN_RESTART_ALWAYS || status != 0;
}

uint64_t restart_next_delay(struct restart *restart, uint64_t now_ms)
{
	if (restart->delay_ms == 0 || now_ms - restart->started_ms >= RESTART_SETTLED_MS)
		restart->delay_ms = RESTART_FIRST_MS;
	else if (restart->delay_ms < RESTART_MOST_MS / 2)
		restart->delay_ms *= 2;
	else
		restart->delay_ms = RESTART_MOST_MS;
	return restart->delay_ms;
}
