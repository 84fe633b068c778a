/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host_clock.h - how fast the processor's count of cycles goes.
 *
 * An emulated guest sees the host's count. It would have to measure it against a timer that is
 * emulated as well, which takes a quarter of a boot, and fails where the two have to wait for a
 * processor: then its time goes by steps of 10 ms.  The host, whose own clock is made of that
 * count, can measure it.
 *
 * Errors:     none: where it cannot be told the guest measures for itself.
 */
#pragma once

#include <stdint.h>

struct host_clock {
	uint64_t cycles, ns; /* at the same moment; 0: the host's clock is not made of cycles */
};

/* The first moment. */
void host_clock_start(struct host_clock *ret);

/*
 * Cycles in a ms, after at least span_ms since the first moment, which is waited for: 10 ms give it
 * to some 10 in a million.  0: it cannot be told.
 */
uint32_t host_clock_khz(const struct host_clock *since, unsigned span_ms);
