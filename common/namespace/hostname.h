/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hostname.h - the names in a uts namespace of one's own.
 *
 * Errors:     -errno, err filled.  -EINVAL: longer than the 64 bytes of the
 *             kernel, or empty.  -EPERM: not privileged over the namespace.
 * Processes:  changes the caller's uts namespace: make sure that it is not the
 *             host's.  Safe between clone() and exec().
 */
#pragma once

#include "common/base/error.h"

int hostname_set(const char *name, struct error *err) MUST_CHECK;

/* The NIS domain; a new namespace starts with the host's.  "(none)" is the kernel's for none. */
int hostname_set_domain(const char *name, struct error *err) MUST_CHECK;
