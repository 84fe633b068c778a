/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroup_pod.h - the cgroups of a pod, from the plan to the last rmdir.
 *
 *	BASE/machine-rkt\x2dUUID.scope		the pod; subcgroup says its path
 *	  init.scope				v2 with controllers: our own processes
 *	  system.slice				what bounds all apps
 *	    APP.service				an app (cgroup_app.h)
 *
 * Which:      only hierarchies that are asked for by their controllers, and one
 *             that tracks the pod's processes: the v2 tree if there is one (it
 *             can kill a cgroup as a whole, and a child can be born in it), else
 *             name=systemd, else freezer, else the first one asked for.
 * BASE:       our own cgroup, so no limit of ours is escaped.  Except in a v2
 *             tree that systemd runs, in a cgroup it did not delegate to us (a
 *             login session, a service without Delegate=yes): making children
 *             there breaks the rule of one writer, and systemd would move our
 *             processes; then it is /machine.slice, where systemd has machines,
 *             made if missing and left there.  A delegated cgroup must be empty
 *             to enable controllers for its children: whoever is in it (we) moves
 *             to a leaf of it called "supervisor" first, and a later caller in that
 *             leaf has the leaf's parent as its BASE.
 * Limits:     a pod's limits bound its apps, so they are system.slice's; a kill for
 *             memory never takes our PID 1.  cpu_shares and memory_request are
 *             weighed against the pod's siblings and are the scope's (the request
 *             system.slice's as well).  v2 gives an app no more protection than
 *             its parents have: ask for the pod what its apps ask together.
 * PID 1:      the tracking hierarchy only; in the others it stays where we are.
 *
 * Order:      plan, write the record, create: after a kill -9 anywhere, the
 *             record names all that may exist, and remove takes away what does.
 * Ownership:  a struct cgroup_pod owns its fds (release it); texts are the arena's.
 *             fds are O_CLOEXEC and survive clone(), not exec().
 * Errors:     -errno, err naming hierarchy, file and value.
 */
#pragma once

#include "common/base/text.h"
#include "common/cgroup/cgroup_controller.h"
#include "common/cgroup/cgroup_host.h"
#include "common/cgroup/cgroup_limits.h"

struct cgroup_manager;

struct cgroup_pod_item {
	const struct cgroup_manager *manager; /* v1 or v2 */
	uint32_t controllers;                 /* those used */
	const char *path;                     /* of the scope, in the host's file system */
	size_t base_length;                   /* of it, BASE's part */
	int scope_fd, slice_fd, init_fd;      /* FD_NONE: not made or opened, or not needed */
};

struct cgroup_pod {
	struct cgroup_pod_item items[CGROUP_MAX_HIERARCHIES]; /* the first one is tracking */
	size_t n;
	const char *subcgroup; /* "/user.slice/machine-rkt\x2d….scope" in the first; not in a pod
				  that was read */
	bool may_move;         /* v2: processes in BASE may be moved to a leaf */
	bool is_there;         /* made before, with its controllers and rules */
	bool in_machine_slice; /* v2: BASE is /machine.slice, made if missing */
};

#define CGROUP_POD_NONE                                                                            \
	{                                                                                          \
		.n = 0                                                                             \
	}
#define auto_cgroup_pod CLEANUP(cgroup_pod_release)

struct cgroup_pod_request {
	const char *uuid;
	uint32_t controllers; /* of all limits of pod and apps (cgroup_limits_controllers()), more
				 for accounting, CGROUP_DEVICES for a device policy.  What the
				 machine has not is left out */
};

/* Says what will be made; makes nothing. */
int cgroup_pod_plan(struct arena *arena, const struct cgroup_host *host,
		    const struct cgroup_pod_request *request, struct cgroup_pod *ret,
		    struct error *err) MUST_CHECK;

/* Appends the record: one line "controllers:path" for each hierarchy. */
int cgroup_pod_write(const struct cgroup_pod *pod, struct text *out) MUST_CHECK;

/*
 * Reads a record.  Only paths that end in the scope of this very uuid are taken
 * (-EINVAL), and opening them later demands that they are cgroups, so no record
 * can make us touch anything else.
 */
int cgroup_pod_read(struct arena *arena, const char *record, const char *uuid,
		    struct cgroup_pod *ret, struct error *err) MUST_CHECK;

/* Makes the scope and what is in it, sets the limits.  What exists already is kept. */
int cgroup_pod_create(struct cgroup_pod *pod, const struct cgroup_limits *limits,
		      struct error *err) MUST_CHECK;

/* Opens what exists of a pod that was read; a hierarchy without it is left closed. */
int cgroup_pod_open(struct cgroup_pod *pod, struct error *err) MUST_CHECK;

/* For clone3's CLONE_INTO_CGROUP, so that PID 1 is born inside; FD_NONE: tracking is v1. */
int cgroup_pod_clone_fd(const struct cgroup_pod *pod);

/* The calling process joins as PID 1, where it cannot be born inside.  Safe after clone(). */
int cgroup_pod_join(const struct cgroup_pod *pod, struct error *err) MUST_CHECK;

/* Calls found() for the pid of each process of the pod; a result other than 0 ends it and is
 * returned.  Pids are of the caller's pid namespace; processes outside it are not seen. */
int cgroup_pod_processes(const struct cgroup_pod *pod, int (*found)(pid_t pid, void *data),
			 void *data, struct error *err) MUST_CHECK;

/*
 * Kills all processes of the pod with SIGKILL and waits until none is left, at
 * most timeout_ms (-EBUSY).  The caller's own process must not be in the pod.
 */
int cgroup_pod_kill(const struct cgroup_pod *pod, unsigned timeout_ms,
		    struct error *err) MUST_CHECK;

/*
 * Removes everything below and including the scope, in every hierarchy of a pod
 * that was created or opened.  It may be gone already, or half made.  Waits at most timeout_ms for
 * processes that are dying; -EBUSY: some are alive.
 */
int cgroup_pod_remove(struct cgroup_pod *pod, unsigned timeout_ms, struct error *err) MUST_CHECK;

/* Closes the fds; removes nothing. */
void cgroup_pod_release(struct cgroup_pod *pod);
