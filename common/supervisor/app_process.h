/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app_process.h - starting a process of an app from outside of its root.
 *
 * What a supervisor uses for main processes and handlers alike: clone3, then in
 * the child the app's root (app_root.h) or its mount namespace if there is one
 * already, and the one way into the program, sandbox_exec() (sandbox.h).
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "common/base/error.h"
#include "common/plan/plan.h"
#include "common/process/socket_activation.h"
#include "common/supervisor/app_resources.h"

/* What the apps of a pod have around them; the same for all of them. */
struct app_surroundings {
	const struct plan *plan;
	const char *roots; /* the app's root is roots/APP/rootfs; trusted, no image can change it */
	const char *etc_store; /* directory for generated /etc files, out of the apps' reach */
	const char *shm; /* where a /dev/shm that all apps share is mounted; NULL: each its own */
	int terminal_socket;     /* to the leader, which gets an interactive app's pty; FD_NONE: the
				    app has the caller's own stdio */
	bool root_entered;       /* the caller is in the root of the pod's only app already: its
				    processes are started right there, no namespace is made */
	const int *parent_pidfd; /* of the caller: the programs die with it; NULL: they are in a pid
				    namespace, whose first process ends them */
	bool cgroup_view; /* /sys/fs/cgroup shows the pod's v2 tree: it has something to show */
	struct socket_activation sockets;
};

struct app_process {
	const struct app_surroundings *surroundings;
	const struct app_resources *resources;
	const char *const *argv;
	int mount_namespace; /* the app's, when it exists; FD_NONE: a new one, root and all */
	int in, out, err;    /* become 0, 1, 2 */
	bool interactive;    /* in, out, err are not used: a pty of the app's */
	bool main_process;   /* gets what service activation passed */
};

/*
 * Returns once the program runs: 1 and *ret_pid, the caller's child.  0: the
 * process could not get as far and has ended with *ret_status (127: no such
 * program, 126: not executable, 254: anything before that); err says why.
 */
int app_process_start(const struct app_process *process, pid_t *ret_pid, int *ret_status,
		      struct error *err) MUST_CHECK;

/* Makes an app's root and keeps it as a mount namespace, for apps with several processes. */
int app_process_make_root(const struct app_surroundings *surroundings,
			  const struct app_resources *resources, int *ret_mount_namespace,
			  struct error *err) MUST_CHECK;
