/* SPDX-License-Identifier: Apache-2.0 */
/*
 * confine_filter.h - the system calls of a process that unpacks an image; for this
 * folder only.
 *
 * Files by directory fd, memory, the clock and the end; EPERM for all others, so that a
 * library that probes for something survives.  No exec, no new process, no
 * socket, no mount, no tracing, no keyring, no io_uring.
 */
#pragma once

#include <stdbool.h>

#include "common/base/error.h"

/* Loads the filter into the calling process; it must have no_new_privs.  threads: it may make some.
 */
int confine_filter_load(bool threads, struct error *err) MUST_CHECK;
