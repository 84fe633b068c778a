/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroup_app.h - the cgroup of an app of a pod, in each of the pod's hierarchies.
 *
 * Order:      create (limits are set while nobody is inside), then the app's
 *             process is born inside (clone fd) and joins the rest.
 * Ownership:  a struct cgroup_app owns its fds; it may outlive the pod's struct.
 * Errors:     -errno, err naming app, file and value.
 */
#pragma once

#include "common/cgroup/cgroup_pod.h"

struct cgroup_app {
	struct {
		const struct cgroup_manager *manager;
		uint32_t controllers;
		int fd;       /* of APP.service */
		int procs_fd; /* of its cgroup.procs: who opens it must have the right to move
				 processes, who joins by it need not (root of a pod's own users) */
	} items[CGROUP_MAX_HIERARCHIES]; /* as the pod's: the first one is tracking */
	size_t n;
};

#define CGROUP_APP_NONE                                                                            \
	{                                                                                          \
		.n = 0                                                                             \
	}
#define auto_cgroup_app CLEANUP(cgroup_app_release)

struct cgroup_app_request {
	const char *name; /* an App Container name: [a-z0-9-], anything else is -EINVAL */
	bool may_exist;   /* an empty one of that name without limits will do */
	struct cgroup_limits limits;
	bool device_policy; /* only the devices every app has may be opened (cgroup_devices.h) */
};

/* Makes system.slice/APP.service and sets its limits; -EEXIST: it is there (see open), and may not
 * be. */
int cgroup_app_create(const struct cgroup_pod *pod, const struct cgroup_app_request *request,
		      struct cgroup_app *ret, struct error *err) MUST_CHECK;

/* Opens an app's cgroups as they are, for enter; -ENOENT: none. */
int cgroup_app_open(const struct cgroup_pod *pod, const char *name, struct cgroup_app *ret,
		    struct error *err) MUST_CHECK;

/* For clone3's CLONE_INTO_CGROUP; FD_NONE: tracking is v1, so joining is all. */
int cgroup_app_clone_fd(const struct cgroup_app *app);

/*
 * The calling process (one thread) joins; born_inside: it was cloned with
 * cgroup_app_clone_fd().  One system call for each hierarchy.  Safe between
 * clone() and exec().
 */
int cgroup_app_join(const struct cgroup_app *app, bool born_inside, struct error *err) MUST_CHECK;

/* As for a pod: pids, and SIGKILL to all until none is left. */
int cgroup_app_processes(const struct cgroup_app *app, int (*found)(pid_t pid, void *data),
			 void *data, struct error *err) MUST_CHECK;
int cgroup_app_kill(const struct cgroup_app *app, unsigned timeout_ms,
		    struct error *err) MUST_CHECK;

/* 1: the kernel killed a process of it because memory was short; 0: not, or nobody counts. */
int cgroup_app_oom_killed(const struct cgroup_app *app, struct error *err) MUST_CHECK;

/* Removes the app's cgroups; as cgroup_pod_remove(). */
int cgroup_app_remove(const struct cgroup_pod *pod, const char *name, unsigned timeout_ms,
		      struct error *err) MUST_CHECK;

void cgroup_app_release(struct cgroup_app *app);
