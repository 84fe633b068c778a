/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/hypervisor/host_clock.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"

#define SOURCE    "/sys/devices/system/clocksource/clocksource0/current_clocksource"

/* A pair of readings between which the processor went to somebody else is no pair. */
#define MAX_TRIES 20

#define NS_PER_MS UINT64_C(1000000)

static uint64_t count_cycles(void)
{
#ifdef __x86_64__
	return __builtin_ia32_rdtsc();
#else
	return 0;
#endif
}

static uint64_t now_ns(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return (uint64_t)now.tv_sec * 1000 * NS_PER_MS + (uint64_t)now.tv_nsec;
}

/* Of several readings the one that took the least. */
static struct host_clock read_both(void)
{
	struct host_clock best = { 0 };
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < MAX_TRIES; i++) {
		uint64_t before = count_cycles();
		uint64_t ns = now_ns();
		uint64_t took = count_cycles() - before;

		if (took >= least)
			continue;
		least = took;
		best = (struct host_clock){ .cycles = before + took / 2, .ns = ns };
	}
	return best;
}

/* The kernel has found the count to be steady, and the same for all processors. */
static bool is_made_of_cycles(void)
{
	auto_text struct text source = { 0 };
	struct error ignored = { 0 };

	return file_read_at(AT_FDCWD, SOURCE, 64, &source, &ignored) == 0 &&
	       (strcmp(text_string(&source), "tsc\n") == 0 ||
		strcmp(text_string(&source), "kvm-clock\n") == 0);
}

void host_clock_start(struct host_clock *ret)
{
	*ret = is_made_of_cycles() ? read_both() : (struct host_clock){ 0 };
}

uint32_t host_clock_khz(const struct host_clock *since, unsigned span_ms)
{
	uint64_t span_ns = span_ms * NS_PER_MS;
	struct host_clock now;
	uint64_t khz;

	if (since->cycles == 0)
		return 0;
	now = read_both();
	if (now.ns - since->ns < span_ns) {
		const struct timespec rest = { .tv_nsec = (long)(span_ns - (now.ns - since->ns)) };

		(void)nanosleep(&rest, NULL);
		now = read_both();
	}
	/* In double precision, whose 53 bits are more than the readings are worth. */
	khz = (uint64_t)((double)(now.cycles - since->cycles) /
			     ((double)(now.ns - since->ns) / (double)NS_PER_MS) +
			 0.5);
	return khz > UINT32_MAX ? 0 : (uint32_t)khz;
}
