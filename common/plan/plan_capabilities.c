/* SPDX-License-Identifier: Apache-2.0 */
/* os/linux/capabilities-retain-set and -remove-set: the bounding set of an app. */
#include <errno.h>

#include "common/plan/plan_parts.h"

static int say_capabilities(const struct plan_scope *scope, const struct isolator *isolator,
			    uint64_t wanted)
{
	struct plan_request request = plan_isolator_request(scope, isolator);
	uint64_t missing = wanted & ~scope->host->capabilities;
	const char *names;

	if (scope->options->disable_capabilities)
		return plan_say(scope, PLAN_IGNORED, request,
				"--disable-capabilities-restriction leaves all capabilities");
	if (missing == 0)
		return plan_enforced(scope, request);
	names = plan_capability_names(scope->arena, missing);
	if (names == NULL)
		return plan_no_memory(scope);
	return plan_say(scope, PLAN_MODIFIED, request, "without %s, which we do not hold", names);
}

int plan_capabilities(const struct plan_scope *scope, const struct plan_isolators *isolators,
		      uint64_t *ret)
{
	const struct isolator *retain = plan_isolator_find(isolators, ISOLATOR_CAPS_RETAIN);
	const struct isolator *remove = plan_isolator_find(isolators, ISOLATOR_CAPS_REMOVE);
	uint64_t wanted = isolator_default_capabilities();
	int r = 0;

	if (retain != NULL && remove != NULL)
		return plan_refuse(scope, EINVAL, "%s and %s exclude each other", retain->name,
				   remove->name);
	if (retain != NULL)
		wanted = retain->capabilities;
	if (remove != NULL)
		wanted &= ~remove->capabilities;
	if (retain != NULL || remove != NULL)
		r = say_capabilities(scope, retain != NULL ? retain : remove,
				     retain != NULL ? wanted : 0);
	if (r < 0)
		return r;
	if (scope->options->disable_capabilities)
		wanted = UINT64_MAX;
	*ret = wanted & scope->host->capabilities;
	return 0;
}
