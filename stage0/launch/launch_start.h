/* SPDX-License-Identifier: Apache-2.0 */
/*
 * launch_start.h - from a prepared pod directory to a running stage1.
 *
 * launch_prepare() writes the directory, launch_start() mounts it and replaces
 * this process by the stage1's run.  Between the two a pod may lie for days
 * (prepare, run-prepared).
 */
#pragma once

#include "stage0/launch/launch.h"
#include "stage0/launch/stage1_call.h"

/* A new pod with all its files, in prepare/, locked.  On failure nothing is left of it. */
int launch_prepare(const struct launch *launch, struct pod_dir *ret, struct error *err) MUST_CHECK;

/* What run and run-prepared differ in. */
struct launch_start {
	const struct pod_dir *pod; /* in run/, locked */
	const struct image_manifest *stage1;
	bool says_local_config;              /* run-prepared does not */
	const struct option_list *arguments; /* of the pod's last run, to be had again; NULL: what
						the command line says */
};

/* Returns only on failure; nobody has run anything of the pod then. */
int launch_start(const struct launch *launch, const struct launch_start *start,
		 struct error *err) MUST_CHECK;

/* What the command line says to a stage1; program, uuid and users are left empty. */
int launch_describe_run(const struct launch *launch, struct stage1_run *ret,
			struct error *err) MUST_CHECK;

/*
 * With --mds-register, makes the pod known to the metadata service; *ret_token (the call's
 * arena) is what it is known by, NULL without.  -ENOTCONN: there is no service.
 */
int launch_register(const struct launch *launch, const struct pod_dir *pod, const char **ret_token,
		    struct error *err) MUST_CHECK;

/* Throws away a pod that cannot start: it becomes garbage. */
void launch_abandon(const struct launch *launch, struct pod_dir *pod);
