/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host_path.h - a path of the host that the operator has named.
 *
 * The operator is trusted, who owns a directory on the way is not: he could turn a
 * symlink to where he pleases.  So links are followed that root alone can have made:
 * root's own, as long as every directory passed so far is root's and nobody else may
 * write to it.  /bin and /var/run are such links; one in /tmp or in a home is none.
 *
 * Ownership:  *ret_fd is the caller's to close, O_PATH and O_CLOEXEC; untouched on failure.
 * Errors:     -errno, with err naming the path.  -ELOOP: a link that is not followed, or
 *             too many of them.  -EINVAL: not absolute.
 * Source:     SECURITY rule M28.
 */
#pragma once

#include "common/base/error.h"

int host_path_open(const char *path, int *ret_fd, struct error *err) MUST_CHECK;
