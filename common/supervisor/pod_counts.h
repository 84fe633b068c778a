/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pod_counts.h - what the apps of a pod use, read from the pod's cgroups on this kernel.
 */
#pragma once

#include "common/cgroup/cgroup_pod.h"
#include "common/manifest/pod_manifest.h"
#include "common/pod/pod_usage.h"

struct pod_counts_request {
	struct arena *arena;
	const char *isolator;
	const char *uuid;
	int pod_fd;
	const struct pod_manifest *pod;
};

/* Of each app of the pod; one whose cgroup has gone uses nothing that is known. */
int pod_counts_read(const struct pod_counts_request *request, struct pod_usage *ret,
		    struct error *err) MUST_CHECK;

/* Of one cgroup beside or instead of those of the apps. */
void pod_counts_read_one(const struct cgroup_pod *cgroup, const char *name,
			 struct pod_usage_numbers *ret);
