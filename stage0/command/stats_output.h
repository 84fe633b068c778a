/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stats_output.h - what pods use, as a table, as JSON, or for Prometheus.
 */
#pragma once

#include "common/base/arena.h"
#include "common/base/text.h"
#include "common/pod/pod_usage.h"

struct stats_pod {
	const char *uuid;
	const char *name; /* NULL: none */
	struct pod_usage usage;
};

/* A "-" is a number that nobody counts.  All: 0 or -ENOMEM. */
int stats_write_table(struct arena *arena, const struct stats_pod *pods, size_t n,
		      struct text *out) MUST_CHECK;
int stats_write_json(const struct stats_pod *pods, size_t n, bool pretty,
		     struct text *out) MUST_CHECK;
/* The text format, version 0.0.4; numbers that nobody counts are left out. */
int stats_write_prometheus(const struct stats_pod *pods, size_t n, struct text *out) MUST_CHECK;
