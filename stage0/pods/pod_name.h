/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pod_name.h - names that people give to pods, beside their UUIDs.
 *
 * The name lies in the pod's own directory, in the file `pod-name`, and goes with it: there is
 * no index that could tell of pods that are gone.  A name is one pod's until that is
 * collected (what lies in garbage has none any more).
 *
 * Grammar:    a letter or digit, then up to 62 letters, digits, ".", "_" or "-"; not one
 *             that could be the beginning of a UUID.
 * Errors:     -EINVAL, -EEXIST, -ENOENT.
 */
#pragma once

#include "stage0/pods/pod_life_cycle.h"

#define POD_NAME_SIZE 64 /* bytes, with the NUL */

/* -EINVAL with err saying what is wrong. */
int pod_name_check(const char *name, struct error *err) MUST_CHECK;

/* Gives a pod, still in prepare/ and locked by its maker, its name; -EEXIST: another one has it. */
int pod_name_take(const struct pods *pods, const struct pod_dir *pod, const char *name,
		  struct error *err) MUST_CHECK;

/* The pod's name in *ret; false: it has none. */
bool pod_name_read(int pod_fd, char ret[static POD_NAME_SIZE]);

/* The UUID of the pod of this name; -ENOENT with err filled. */
int pod_name_find(const struct pods *pods, const char *name, struct uuid *ret,
		  struct error *err) MUST_CHECK;
