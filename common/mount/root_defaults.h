/* SPDX-License-Identifier: Apache-2.0 */
/*
 * root_defaults.h - what programs expect in a root although its image lacks it.
 *
 * /tmp, for everybody to write, and /etc/mtab, which leads to the kernel's list
 * of mounts.  What the image has stays as it is, whatever it is; so does a place
 * whose directory is none.
 *
 * Errors:     -errno, with err filled.
 * Processes:  safe between clone() and exec().
 * Source:     what the original's stage1s put into an app's root.
 */
#pragma once

#include "common/base/error.h"

int root_defaults_make(int root_fd, struct error *err) MUST_CHECK;
