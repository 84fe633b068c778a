/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pod_usage.h - what the apps of a running pod use: the answer of a stage1's `stats`.
 *
 *	{"isolator":"coreos","apps":[{"name":"a","cpuNs":1,"memoryBytes":2,"pids":3,
 *	 "ioReadBytes":4,"ioWriteBytes":5}],"machine":{"cpuNs":6}}
 *
 * A number that is absent is one that nobody counts there.  machine: of a virtual machine as its
 * host sees it, apps and all that it takes to run them.
 *
 * Trust:      a guest's answer, or that of a foreign stage1, is checked: numbers, names,
 *             sizes.
 * Ownership:  texts and arrays belong to the arena.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/base/text.h"
#include "common/json/json_writer.h"

#define POD_USAGE_UNKNOWN   UINT64_MAX
#define POD_USAGE_MAX_BYTES ((size_t)1 << 20) /* of the JSON */

struct pod_usage_numbers { /* POD_USAGE_UNKNOWN: nobody counts it */
	uint64_t cpu_ns;
	uint64_t memory_bytes;
	uint64_t pids;
	uint64_t io_read_bytes;
	uint64_t io_write_bytes;
};

struct pod_usage_app {
	const char *name;
	struct pod_usage_numbers used;
};

struct pod_usage {
	const char *isolator;
	struct pod_usage_app *apps;
	size_t n_apps;
	bool has_machine;
	struct pod_usage_numbers machine;
};

/* Members of an object that is begun already. */
void pod_usage_write_numbers(struct json_writer *writer, const struct pod_usage_numbers *numbers);
void pod_usage_write(struct json_writer *writer, const struct pod_usage *usage);

/* place: how messages call it.  -EINVAL, -EFBIG, -ENOMEM. */
int pod_usage_read(struct arena *arena, const struct text *json, const char *place,
		   struct pod_usage *ret, struct error *err) MUST_CHECK;
