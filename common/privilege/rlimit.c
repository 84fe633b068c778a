/* SPDX-License-Identifier: Apache-2.0 */
#include "common/privilege/rlimit.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/base/cleanup.h"

static const char *const names[] = {
	[RLIMIT_CPU] = "RLIMIT_CPU",           [RLIMIT_FSIZE] = "RLIMIT_FSIZE",
	[RLIMIT_DATA] = "RLIMIT_DATA",         [RLIMIT_STACK] = "RLIMIT_STACK",
	[RLIMIT_CORE] = "RLIMIT_CORE",         [RLIMIT_RSS] = "RLIMIT_RSS",
	[RLIMIT_NPROC] = "RLIMIT_NPROC",       [RLIMIT_NOFILE] = "RLIMIT_NOFILE",
	[RLIMIT_MEMLOCK] = "RLIMIT_MEMLOCK",   [RLIMIT_AS] = "RLIMIT_AS",
	[RLIMIT_LOCKS] = "RLIMIT_LOCKS",       [RLIMIT_SIGPENDING] = "RLIMIT_SIGPENDING",
	[RLIMIT_MSGQUEUE] = "RLIMIT_MSGQUEUE", [RLIMIT_NICE] = "RLIMIT_NICE",
	[RLIMIT_RTPRIO] = "RLIMIT_RTPRIO",     [RLIMIT_RTTIME] = "RLIMIT_RTTIME",
};

const char *rlimit_name(int resource)
{
	if (resource < 0 || (size_t)resource >= ARRAY_LENGTH(names))
		return "an unknown resource";
	return names[resource];
}

static void write_value(char text[24], uint64_t value)
{
	if (value == RLIMIT_VALUE_UNLIMITED)
		(void)snprintf(text, 24, "unlimited");
	else
		(void)snprintf(text, 24, "%" PRIu64, value);
}

int rlimit_set(const struct rlimit_value *value, struct error *err)
{
	/* prlimit64's unlimited is all bits set, as ours is. */
	const struct rlimit64 limits = { .rlim_cur = value->soft, .rlim_max = value->hard };
	char soft[24], hard[24];

	if (syscall(SYS_prlimit64, 0, value->resource, &limits, NULL) == 0)
		return 0;
	write_value(soft, value->soft);
	write_value(hard, value->hard);
	return error_from_errno(err, "limiting %s to %s (hard: %s)", rlimit_name(value->resource),
				soft, hard);
}
