/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parent_tie.h - a process that is killed when its parent dies.
 *
 * The kernel forgets the wish whenever the ids change (prctl(2), PR_SET_PDEATHSIG),
 * and nobody tells it of a parent that was dead before.  Neither does getppid() in a
 * pid namespace that is not the parent's, where it is 0 from the start.
 *
 * Errors:     -errno, with err filled; -ESRCH: the parent has ended.
 * Processes:  safe between clone() and exec(); allocates nothing.
 */
#pragma once

#include "common/base/error.h"

/* parent_pidfd: of the parent, opened by itself before it cloned; borrowed. */
int parent_tie(int parent_pidfd, struct error *err) MUST_CHECK;
