/* SPDX-License-Identifier: Apache-2.0 */
/* resource/cpu, resource/memory, resource/pids, os/linux/cpu-shares. */
#include <errno.h>
#include <inttypes.h>

#include "common/plan/plan_parts.h"

/* The kernel counts memory in pages; less than one would kill the app at its first instruction. */
static const uint64_t least_memory_bytes = 4096;

static const uint64_t least_shares = 2;
static const uint64_t most_shares = 262144;

static int check_quantity(const struct plan_scope *scope, struct plan_request request,
			  const struct isolator_quantity *quantity)
{
	if (request.asked == NULL)
		return plan_no_memory(scope);
	if (quantity->has_request && quantity->has_limit && quantity->request > quantity->limit)
		return plan_refuse(scope, EINVAL, "%s: %s: the request is above the limit",
				   request.name, request.asked);
	if (quantity->has_limit && quantity->limit == 0)
		return plan_refuse(scope, EINVAL, "%s: %s: nothing can run with a limit of 0",
				   request.name, request.asked);
	return 0;
}

/* Lowers *value to the pod's; tells whether it did. */
static bool bound_by(bool has_bound, uint64_t bound, uint64_t *value)
{
	if (!has_bound || *value <= bound)
		return false;
	*value = bound;
	return true;
}

static int plan_memory(const struct plan_scope *scope, const struct isolator *isolator,
		       const struct plan_limits *bound, struct plan_limits *ret)
{
	const struct isolator_quantity *memory = &isolator->quantity;
	struct plan_request request = plan_isolator_request(scope, isolator);
	int r = check_quantity(scope, request, memory);
	const char *text;

	if (r < 0)
		return r;
	if (memory->has_limit && memory->limit < least_memory_bytes)
		return plan_refuse(scope, EINVAL, "%s: %s: below one page of %" PRIu64 " bytes",
				   request.name, request.asked, least_memory_bytes);
	if (!scope->host->cgroup_memory)
		return plan_say(scope, PLAN_IGNORED, request,
				"this machine offers no memory controller");
	ret->has_memory_limit = memory->has_limit;
	ret->memory_limit_bytes = memory->limit;
	ret->has_memory_request = memory->has_request;
	ret->memory_request_bytes = memory->request;
	if (!memory->has_limit || bound == NULL ||
	    !bound_by(bound->has_memory_limit, bound->memory_limit_bytes, &ret->memory_limit_bytes))
		return plan_enforced(scope, request);
	(void)bound_by(true, ret->memory_limit_bytes, &ret->memory_request_bytes);
	text = plan_bytes_text(scope->arena, ret->memory_limit_bytes);
	if (text == NULL)
		return plan_no_memory(scope);
	return plan_say(scope, PLAN_MODIFIED, request, "limit=%s: the pod has no more", text);
}

static int plan_pids(const struct plan_scope *scope, const struct isolator *isolator,
		     const struct plan_limits *bound, struct plan_limits *ret)
{
	const struct isolator_quantity *pids = &isolator->quantity;
	struct plan_request request = plan_isolator_request(scope, isolator);
	int r = check_quantity(scope, request, pids);

	if (r < 0)
		return r;
	if (!pids->has_limit)
		return plan_say(scope, PLAN_IGNORED, request,
				"processes can be limited, not reserved");
	if (!scope->host->cgroup_pids)
		return plan_say(scope, PLAN_IGNORED, request,
				"this machine offers no pids controller");
	ret->has_pids_limit = true;
	ret->pids_limit = pids->limit;
	if (bound == NULL || !bound_by(bound->has_pids_limit, bound->pids_limit, &ret->pids_limit))
		return plan_enforced(scope, request);
	return plan_say(scope, PLAN_MODIFIED, request, "limit=%" PRIu64 ": the pod has no more",
			ret->pids_limit);
}

/* What a weight came to: said once, by the isolator that set it. */
struct weight {
	uint64_t wanted; /* before the kernel's range and the pod's bound */
	bool clamped;
	bool bounded;
};

static struct weight set_shares(uint64_t wanted, const struct plan_limits *bound,
				struct plan_limits *ret)
{
	struct weight weight = { .wanted = wanted };

	ret->has_cpu_shares = true;
	ret->cpu_shares = wanted < least_shares ? least_shares : wanted;
	if (ret->cpu_shares > most_shares)
		ret->cpu_shares = most_shares;
	weight.clamped = ret->cpu_shares != wanted;
	weight.bounded =
	    bound != NULL && bound_by(bound->has_cpu_shares, bound->cpu_shares, &ret->cpu_shares);
	return weight;
}

static int plan_shares(const struct plan_scope *scope, const struct isolator *isolator,
		       const struct plan_limits *bound, struct plan_limits *ret)
{
	struct plan_request request = plan_isolator_request(scope, isolator);
	struct weight weight;

	if (isolator->number < 0)
		return plan_refuse(scope, EINVAL, "%s: %" PRId64 ": not a weight", request.name,
				   isolator->number);
	if (!scope->host->cgroup_cpu)
		return plan_say(scope, PLAN_IGNORED, request,
				"this machine offers no cpu controller");
	weight = set_shares((uint64_t)isolator->number, bound, ret);
	if (weight.bounded)
		return plan_say(scope, PLAN_MODIFIED, request, "%" PRIu64 ": the pod has no more",
				ret->cpu_shares);
	if (weight.clamped)
		return plan_say(scope, PLAN_MODIFIED, request,
				"%" PRIu64 ": the nearest that the kernel knows", ret->cpu_shares);
	return plan_enforced(scope, request);
}

/* ace.md: a request that is left out defaults to the limit. */
static uint64_t requested_shares(const struct isolator_quantity *cpu)
{
	uint64_t milli = cpu->has_request ? cpu->request : cpu->limit;

	return milli > UINT64_MAX / 1024 ? UINT64_MAX / 1000 : milli * 1024 / 1000;
}

static int say_cpu(const struct plan_scope *scope, struct plan_request request,
		   const struct plan_limits *planned, bool lowered)
{
	const char *limit = plan_milli_text(scope->arena, planned->cpu_limit_milli);

	if (limit == NULL)
		return plan_no_memory(scope);
	if (lowered)
		return plan_say(scope, PLAN_MODIFIED, request, "limit=%s: the pod has no more",
				limit);
	if (!planned->has_cpu_shares)
		return plan_enforced(scope, request);
	return plan_say(scope, PLAN_ENFORCED, request, "a weight of %" PRIu64 " (1024 is usual)",
			planned->cpu_shares);
}

static int plan_cpu(const struct plan_scope *scope, const struct isolator *isolator,
		    const struct plan_limits *bound, struct plan_limits *ret)
{
	const struct isolator_quantity *cpu = &isolator->quantity;
	struct plan_request request = plan_isolator_request(scope, isolator);
	int r = check_quantity(scope, request, cpu);
	struct weight weight = { 0 };
	bool lowered;

	if (r < 0)
		return r;
	if (!scope->host->cgroup_cpu)
		return plan_say(scope, PLAN_IGNORED, request,
				"this machine offers no cpu controller");
	ret->has_cpu_limit = cpu->has_limit;
	ret->cpu_limit_milli = cpu->limit;
	lowered = cpu->has_limit && bound != NULL &&
		  bound_by(bound->has_cpu_limit, bound->cpu_limit_milli, &ret->cpu_limit_milli);
	if (ret->has_cpu_shares && cpu->has_request && ret->cpu_shares != requested_shares(cpu) &&
	    !lowered)
		return plan_say(scope, PLAN_MODIFIED, request,
				"the weight is that of os/linux/cpu-shares, %" PRIu64
				", not %" PRIu64,
				ret->cpu_shares, requested_shares(cpu));
	if (!ret->has_cpu_shares && (cpu->has_request || cpu->has_limit))
		weight = set_shares(requested_shares(cpu), bound, ret);
	if (cpu->has_request && (weight.bounded || weight.clamped) && !lowered)
		return plan_say(scope, PLAN_MODIFIED, request,
				"a weight of %" PRIu64 ", not %" PRIu64, ret->cpu_shares,
				weight.wanted);
	return say_cpu(scope, request, ret, lowered);
}

/* cpu-shares first: resource/cpu sets the weight only when nothing else did. */
int plan_limits(const struct plan_scope *scope, const struct plan_isolators *isolators,
		const struct plan_limits *bound, struct plan_limits *ret)
{
	static const struct {
		enum isolator_kind kind;
		int (*plan)(const struct plan_scope *scope, const struct isolator *isolator,
			    const struct plan_limits *bound, struct plan_limits *ret);
	} parts[] = {
		{ ISOLATOR_CPU_SHARES, plan_shares },
		{ ISOLATOR_CPU, plan_cpu },
		{ ISOLATOR_MEMORY, plan_memory },
		{ ISOLATOR_PIDS, plan_pids },
	};
	struct plan_limits limits = { 0 };

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const struct isolator *isolator = plan_isolator_find(isolators, parts[i].kind);
		int r = isolator == NULL ? 0 : parts[i].plan(scope, isolator, bound, &limits);

		if (r < 0)
			return r;
	}
	*ret = limits;
	return 0;
}
