/* SPDX-License-Identifier: Apache-2.0 */
/*
 * confined_directory.h - a directory descriptor that leads nowhere else.
 *
 * Whoever holds an ordinary directory fd can walk out of it by "..", whatever
 * its own root is.  This one is opened in a read-only mount of its own that has the
 * directory as its root: once that mount hangs nowhere any more, ".." stays where
 * it is, and nothing can ever be written.  For a pod's lock, which a program that
 * is not ours may have to hold.
 *
 * Place:      the mount hangs at `place` until the old root is detached from the
 *             namespace (root_switch_enter()): letting go of a mount that hangs
 *             nowhere costs a grace period of the kernel each time.
 * Ownership:  *ret_fd is the caller's to close; the mount goes with it.
 * Errors:     -errno, with err filled.
 * Processes:  dir_fd and place (a directory nobody needs) must have been opened in the
 *             caller's mount namespace; safe between clone() and exec().
 */
#pragma once

#include <stdbool.h>

#include "common/base/error.h"

/* A new open file description (O_RDONLY, O_CLOEXEC) of the same directory: it can be locked. */
int confined_directory_open(int dir_fd, int place, int *ret_fd, struct error *err) MUST_CHECK;

/* Whether fd is such a one. */
bool confined_directory_is(int fd);
