/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree_remove.h - removes a directory tree whose content somebody else made.
 *
 * Never follows a symlink, never enters another file system: something mounted
 * inside makes it stop with -EXDEV or -EBUSY and is left alone.  Works at any
 * depth in constant memory and with few descriptors: what lies too deep is moved
 * up to the top first.  Files with the immutable or append-only attribute are freed
 * of it.
 *
 * Errors:     -errno with err naming the entry; what was removed is gone, a
 *             second call goes on.  A tree that is not there is removed: 0.
 * Source:     SECURITY rule M25.
 */
#pragma once

#include "common/base/error.h"

/* Removes name (one component below dir_fd), be it a directory or not. */
int tree_remove(int dir_fd, const char *name, struct error *err) MUST_CHECK;
