/* SPDX-License-Identifier: Apache-2.0 */
/*
 * confined_directory.h - a directory descriptor that leads nowhere else.
 *
 * Whoever holds an ordinary directory fd can walk out of it by "..", whatever
 * its own root is.  This one is opened in a read-only mount of its own that hangs
 * nowhere and has the directory as its root: ".." stays where it is, and nothing
 * can be written.  For a pod's lock, which a program that is not ours may have to hold.
 *
 * Ownership:  *ret_fd is the caller's to close; the mount goes with it.
 * Errors:     -errno, with err filled.
 * Processes:  dir_fd must have been opened in the caller's mount namespace; safe
 *             between clone() and exec().
 */
#pragma once

#include <stdbool.h>

#include "common/base/error.h"

/* A new open file description (O_RDONLY, O_CLOEXEC) of the same directory: it can be locked. */
int confined_directory_open(int dir_fd, int *ret_fd, struct error *err) MUST_CHECK;

/* Whether fd is such a one. */
bool confined_directory_is(int fd);
