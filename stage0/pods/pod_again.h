/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pod_again.h - what it takes to start a pod again that has run: its stage1's arguments, kept,
 * and the results of the last run, forgotten.
 *
 * File:       `stage1-arguments` in the pod's directory, what run was called with behind
 *             its name, each with a NUL; a token for the metadata service is left out but for
 *             its option's name.  0600.
 */
#pragma once

#include "common/base/arena.h"
#include "common/option/option.h"
#include "stage0/pods/pod_life_cycle.h"

/* The option that stands for a token which is to be had anew. */
#define POD_AGAIN_TOKEN "--mds-token="

/* arguments: NULL-terminated, without the program's name. */
int pod_again_keep(const struct pod_dir *pod, const char *const *arguments,
		   struct error *err) MUST_CHECK;

/* -ENOENT: the pod was started by another rkt than this. */
int pod_again_read(const struct pod_dir *pod, struct arena *arena, struct option_list *ret,
		   struct error *err) MUST_CHECK;

/*
 * Removes what tells of the last run: pids, statuses, readiness.  The pod must be locked and none
 * of its mounts made.
 */
int pod_again_forget(const struct pod_dir *pod, struct error *err) MUST_CHECK;
