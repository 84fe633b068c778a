/* SPDX-License-Identifier: Apache-2.0 */
/* os/unix/rlimits, os/linux/oom-score-adj, os/linux/no-new-privileges. */
#include <errno.h>
#include <inttypes.h>

#include "common/base/cleanup.h"
#include "common/base/text.h"
#include "common/plan/plan_parts.h"

static int plan_oom(const struct plan_scope *scope, const struct isolator *isolator,
		    struct plan_app *ret)
{
	struct plan_request request = plan_isolator_request(scope, isolator);
	int lowest = scope->host->may_raise_limits ? -1000 : scope->host->oom_score_adj;

	ret->has_oom_score_adj = true;
	if (isolator->number >= lowest) {
		ret->oom_score_adj = (int)isolator->number;
		return plan_enforced(scope, request);
	}
	ret->oom_score_adj = lowest;
	return plan_say(scope, PLAN_MODIFIED, request,
			"%d: without CAP_SYS_RESOURCE it cannot be lowered further", lowest);
}

static bool lower_to_host(const struct plan_host *host, struct plan_rlimit *limit)
{
	uint64_t most;

	if (host->may_raise_limits || limit->resource < 0 ||
	    (size_t)limit->resource >= ARRAY_LENGTH(host->rlimit_hard))
		return false;
	most = host->rlimit_hard[limit->resource];
	if (limit->hard <= most)
		return false;
	limit->hard = most;
	if (limit->soft > most)
		limit->soft = most;
	return true;
}

static void describe(const struct plan_rlimit *limit, struct text *out)
{
	const char *separator = out->length > 0 ? ", " : "";

	if (limit->hard == UINT64_MAX)
		(void)text_printf(out, "%s%s unlimited", separator, limit->name);
	else
		(void)text_printf(out, "%s%s at most %" PRIu64, separator, limit->name,
				  limit->hard);
}

static int say_rlimits(const struct plan_scope *scope, struct plan_request request,
		       const struct text *lowered)
{
	if (text_status(lowered) < 0)
		return plan_no_memory(scope);
	if (lowered->length == 0)
		return plan_enforced(scope, request);
	return plan_say(scope, PLAN_MODIFIED, request,
			"%s: without CAP_SYS_RESOURCE a hard limit cannot rise",
			text_string(lowered));
}

static int plan_rlimits(const struct plan_scope *scope, const struct isolator *isolator,
			struct plan_app *ret)
{
	auto_text struct text lowered = { 0 };
	size_t n = isolator->rlimits.n;
	struct plan_rlimit *limits = arena_array(scope->arena, n, struct plan_rlimit);

	if (limits == NULL)
		return plan_no_memory(scope);
	for (size_t i = 0; i < n; i++) {
		const struct isolator_rlimit *asked = &isolator->rlimits.items[i];

		if (asked->soft > asked->hard)
			return plan_refuse(scope, EINVAL,
					   "%s: %s: the soft limit is above the hard one",
					   isolator->name, asked->name);
		limits[i] = (struct plan_rlimit){
			.resource = asked->resource,
			.name = asked->name,
			.soft = asked->soft,
			.hard = asked->hard,
		};
		if (lower_to_host(scope->host, &limits[i]))
			describe(&limits[i], &lowered);
	}
	ret->rlimits = limits;
	ret->n_rlimits = n;
	return say_rlimits(scope, plan_isolator_request(scope, isolator), &lowered);
}

int plan_process(const struct plan_scope *scope, const struct plan_isolators *isolators,
		 struct plan_app *ret)
{
	const struct isolator *oom = plan_isolator_find(isolators, ISOLATOR_OOM_SCORE_ADJ);
	const struct isolator *rlimits = plan_isolator_find(isolators, ISOLATOR_RLIMITS);
	const struct isolator *no_new = plan_isolator_find(isolators, ISOLATOR_NO_NEW_PRIVILEGES);
	int r = 0;

	if (rlimits != NULL)
		r = plan_rlimits(scope, rlimits, ret);
	if (r == 0 && oom != NULL)
		r = plan_oom(scope, oom, ret);
	if (r < 0 || no_new == NULL)
		return r;
	ret->no_new_privileges = no_new->flag;
	return plan_enforced(scope, plan_isolator_request(scope, no_new));
}
