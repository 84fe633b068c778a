/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seccomp_sets.h - the named sets of system calls that seccomp isolators may use.
 *
 * Source:     rkt's seccomp guide for the names (@rkt, @docker, @systemd); the sets of
 *             @appc.io have no members and are handled where they have a meaning.
 * Contents:   names as libseccomp knows them, sorted by strcmp(), no duplicates.
 */
#pragma once

#include <stddef.h>

#include "common/base/arena.h"
#include "common/base/error.h"

struct seccomp_set {
	const char *name;  /* "@rkt/default-whitelist" */
	const char *calls; /* separated by one space */
};

/* NULL: no such set. */
const struct seccomp_set *seccomp_set_find(const char *name);

/* The sets one after another, NULL after the last. */
const struct seccomp_set *seccomp_set_at(size_t index);

/* The calls of a set as a NULL-terminated array of the arena; -ENOMEM. */
int seccomp_set_calls(const struct seccomp_set *set, struct arena *arena, const char *const **ret,
		      size_t *ret_n) MUST_CHECK;
