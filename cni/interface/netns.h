/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netns.h - network namespaces by path, and going there and back.
 *
 * Errors:     -errno with err filled.  -ENOENT: there is none at the path, be it that nothing is
 * there or something else: the file that a namespace was mounted on stays when it is gone.
 * Processes:  call from a single-threaded process.
 */
#pragma once

#include <stdbool.h>

#include "common/base/cleanup.h"
#include "common/base/error.h"

int netns_open(const char *path, int *ret_fd, struct error *err) MUST_CHECK;

/* The caller's own. */
int netns_open_own(int *ret_fd, struct error *err) MUST_CHECK;

/* -EINVAL when both are the same namespace. */
int netns_check_differ(int netns, int other, struct error *err) MUST_CHECK;

int netns_enter(int netns, struct error *err) MUST_CHECK;

/*
 * Has the namespace that the caller is in sockets of TCP?  Those of processes that have ended are
 * there until the other side has all that was sent to it, and keep the namespace.  true also
 * when it is not known.
 */
bool netns_has_connections(void);
