/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox.h - the one way into an app's program.
 *
 * Main processes, event handlers and what enter starts all end here, so none of
 * them can have more than another: cgroup, limits, ids, capabilities, LSM
 * label, no-new-privileges and system call filter are those of the plan.
 *
 * Processes:  the caller is the process to be: in the app's root and namespaces,
 *             stdio in place, between clone() and exec().
 */
#pragma once

#include <stdbool.h>

#include "common/base/error.h"
#include "common/plan/plan.h"
#include "common/process/socket_activation.h"
#include "common/supervisor/app_resources.h"

/* Exit statuses of a process that did not reach its program; the shell's. */
#define SANDBOX_NOT_EXECUTABLE 126
#define SANDBOX_NOT_FOUND      127

struct sandbox {
	const struct app_resources *resources;
	const char *const *argv;
	const char *terminal_type;               /* "TERM=xterm", for a terminal; NULL: none */
	const struct socket_activation *sockets; /* NULL: none are passed */
	bool in_cgroup;                          /* the process is in the app's already */
	const int *parent_pidfd;                 /* the program dies with it; NULL: outlives it */
	int keep_fd; /* stays open in the program as well: the pod's lock; FD_NONE: none */
};

/*
 * Does not return when all went well.  Otherwise the status to exit with, and err
 * says what failed; the caller reports and exits, nothing else.
 */
int sandbox_exec(const struct sandbox *sandbox, struct error *err) MUST_CHECK;
