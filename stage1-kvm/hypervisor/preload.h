/* SPDX-License-Identifier: Apache-2.0 */
/*
 * preload.h - readonly_memory.c, ready to be loaded into a hypervisor.
 *
 * Ownership:  *ret_fd is the caller's, close-on-exec; sealed, so nobody can change it.
 *             LD_PRELOAD=/proc/self/fd/N in the process that inherits it.
 */
#pragma once

#include "common/base/error.h"

int preload_open(int *ret_fd, struct error *err) MUST_CHECK;
