/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/size.h"

/* What is larger is no limit: no machine has as much. */
#define LARGEST ((uint64_t)1 << 50)

struct limit {
	bool given;
	uint64_t value;
};

static struct limit memory_of(const struct plan_limits *limits)
{
	return (struct limit){ limits->has_memory_limit, limits->memory_limit_bytes };
}

static struct limit cpu_of(const struct plan_limits *limits)
{
	return (struct limit){ limits->has_cpu_limit, limits->cpu_limit_milli };
}

/* Of the pod, else of all its apps together; 0: there is none. */
static uint64_t limit_of(const struct plan *plan, struct limit (*of)(const struct plan_limits *))
{
	struct limit limit = of(&plan->limits);
	uint64_t sum = 0;

	if (limit.given)
		return limit.value;
	for (size_t i = 0; i < plan->n_apps; i++) {
		limit = of(&plan->apps[i].limits);
		if (!limit.given || __builtin_add_overflow(sum, limit.value, &sum))
			return 0;
	}
	return sum;
}

static uint64_t round_up(uint64_t bytes)
{
	uint64_t size = SIZE_LEAST_BYTES;

	while (size < bytes)
		size *= 2;
	return size;
}

struct size size_of(const struct plan *plan, unsigned host_cpus)
{
	uint64_t memory = limit_of(plan, memory_of);
	uint64_t milli = limit_of(plan, cpu_of);
	struct size size = { .memory_bytes = SIZE_DEFAULT_BYTES, .cpus = 1 };

	if (memory > 0 && memory <= LARGEST) {
		size.memory_bytes = round_up(memory + SIZE_GUEST_BYTES);
		size.limits.has_memory_limit = true;
		size.limits.memory_limit_bytes = size.memory_bytes + SIZE_HOST_BYTES;
	}
	if (milli > 0) {
		uint64_t cpus = milli / 1000 + (milli % 1000 != 0);

		size.cpus = cpus < host_cpus ? (unsigned)cpus : host_cpus;
		size.limits.has_cpu_limit = true;
		size.limits.cpu_limit_milli = milli;
	}
	if (plan->limits.has_cpu_shares) {
		size.limits.has_cpu_shares = true;
		size.limits.cpu_shares = plan->limits.cpu_shares;
	}
	return size;
}
