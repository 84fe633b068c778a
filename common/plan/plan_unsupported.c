/* SPDX-License-Identifier: Apache-2.0 */
/* The isolators that no part of planning enforces: each is named with its reason. */
#include "common/plan/plan_parts.h"

/* Why an isolator is ignored at this place; NULL: another part has said its verdict. */
static const char *reason(const struct isolator *isolator, bool of_pod)
{
	switch (isolator->kind) {
	case ISOLATOR_UNKNOWN:
		return "unknown to this isolator";
	case ISOLATOR_BLOCK_BANDWIDTH:
	case ISOLATOR_BLOCK_IOPS:
		return "limits on block devices are not implemented";
	case ISOLATOR_NETWORK_BANDWIDTH:
		return "limits on network traffic are not implemented";
	case ISOLATOR_SYSCTL:
		return of_pod ? NULL : "kernel parameters are the whole pod's, not one app's";
	case ISOLATOR_CAPS_RETAIN:
	case ISOLATOR_CAPS_REMOVE:
	case ISOLATOR_SECCOMP_RETAIN:
	case ISOLATOR_SECCOMP_REMOVE:
	case ISOLATOR_NO_NEW_PRIVILEGES:
	case ISOLATOR_OOM_SCORE_ADJ:
	case ISOLATOR_RLIMITS:
		return of_pod ? "it applies to apps, not to a whole pod" : NULL;
	default:
		return NULL;
	}
}

int plan_unsupported(const struct plan_scope *scope, const struct plan_isolators *isolators)
{
	for (size_t i = 0; i < isolators->n; i++) {
		const struct isolator *isolator = &isolators->items[i];
		const char *why = reason(isolator, scope->app == NULL);
		int r;

		if (why == NULL || plan_isolator_is_replaced(isolators, i))
			continue;
		r = plan_say(scope, PLAN_IGNORED, plan_isolator_request(scope, isolator), "%s",
			     why);
		if (r < 0)
			return r;
	}
	return 0;
}
