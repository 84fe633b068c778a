/* SPDX-License-Identifier: Apache-2.0 */
/* Whether apps that end are started again. */
#include <errno.h>
#include <string.h>

#include "common/plan/plan_parts.h"

static const char *const policies[] = { [PLAN_RESTART_NO] = "no",
					[PLAN_RESTART_ON_FAILURE] = "on-failure",
					[PLAN_RESTART_ALWAYS] = "always" };

const char *plan_restart_name(enum plan_restart restart)
{
	return policies[restart];
}

static int parse_policy(const struct plan_scope *scope, const char *text, enum plan_restart *ret)
{
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		if (strcmp(text, policies[i]) == 0) {
			*ret = (enum plan_restart)i;
			return 0;
		}
	}
	return plan_refuse(scope, EINVAL,
			   "annotation %s: \"%s\" is neither no, on-failure nor always",
			   PLAN_RESTART_ANNOTATION, text);
}

/* Somebody has to be there to do it: then an app does not take the place of run. */
int plan_restart(const struct plan_scope *scope, const struct pod_manifest *pod, struct plan *ret)
{
	const char *text = manifest_pairs_get(&pod->annotations, PLAN_RESTART_ANNOTATION);
	struct plan_request request = { "--restart", text };
	int r = text == NULL ? 0 : parse_policy(scope, text, &ret->restart);

	if (r < 0 || text == NULL || ret->restart == PLAN_RESTART_NO)
		return r;
	if (ret->interactive) {
		ret->restart = PLAN_RESTART_NO;
		return plan_say(scope, PLAN_IGNORED, request,
				"an app that has the caller's terminal is not started again");
	}
	ret->supervised = true;
	return plan_say(scope, PLAN_ENFORCED, request,
			"after 0.1 s, then twice as long each time up to a minute");
}
