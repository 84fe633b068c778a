/* SPDX-License-Identifier: Apache-2.0 */
#include "common/namespace/namespace_set.h"

#include <sched.h>
#include <stdio.h>

#include "common/base/cleanup.h"

struct kind {
	const char *name;
	bool wanted;
	uint64_t flag;
};

#define N_KINDS 7

static void list_kinds(const struct namespace_set *set, struct kind kinds[N_KINDS])
{
	const struct kind all[N_KINDS] = {
		{ "mount", set->mount, CLONE_NEWNS },       { "pid", set->pid, CLONE_NEWPID },
		{ "network", set->network, CLONE_NEWNET },  { "ipc", set->ipc, CLONE_NEWIPC },
		{ "uts", set->uts, CLONE_NEWUTS },          { "user", set->user, CLONE_NEWUSER },
		{ "cgroup", set->cgroup, CLONE_NEWCGROUP },
	};

	for (size_t i = 0; i < N_KINDS; i++)
		kinds[i] = all[i];
}

uint64_t namespace_set_flags(const struct namespace_set *set)
{
	struct kind kinds[N_KINDS];
	uint64_t flags = 0;

	list_kinds(set, kinds);
	for (size_t i = 0; i < N_KINDS; i++)
		flags |= kinds[i].wanted ? kinds[i].flag : 0;
	return flags;
}

const char *namespace_set_describe(const struct namespace_set *set, char *text, size_t size)
{
	struct kind kinds[N_KINDS];
	size_t used = 0;

	if (size == 0)
		return "";
	text[0] = '\0';
	list_kinds(set, kinds);
	for (size_t i = 0; i < N_KINDS && used < size; i++) {
		int n;

		if (!kinds[i].wanted)
			continue;
		n = snprintf(text + used, size - used, "%s%s", used == 0 ? "" : ", ",
			     kinds[i].name);
		if (n < 0)
			break;
		used += (size_t)n;
	}
	return text;
}
