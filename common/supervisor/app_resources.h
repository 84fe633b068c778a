/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app_resources.h - what an app's processes need and can only be had outside of the pod.
 *
 * Opened once by run, before anything is isolated: afterwards the host's paths,
 * its cgroup tree and its privileges are out of reach.  enter opens the same
 * for the process that it adds, except for what the app has already.
 *
 * Ownership:  fds are the struct's, app_resources_release(); the rest is the arena's.
 * Errors:     -errno, with err naming the app and what was asked for.
 */
#pragma once

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/cgroup/cgroup_app.h"
#include "common/plan/plan.h"
#include "common/privilege/account.h"
#include "common/privilege/seccomp.h"

/* A file of /etc whose content is ours; content NULL: the image's own stays. */
struct app_etc_file {
	const char *name;
	const char *target;
	const char *content;
	bool if_missing;
	bool before_volume; /* and hides a volume that is mounted on this very file */
};

struct app_resources {
	const struct plan_app *app;
	struct account account;
	const char *const *environment; /* "K=V", NULL-terminated: with what passwd adds */
	struct seccomp_program seccomp; /* empty: none */
	int notify_tree;                /* its socket for sd_notify, as a tree; FD_NONE: none */
	int *volumes;                   /* trees for app->mounts[i]; NULL: not opened */
	struct app_etc_file etc_files[3];
	struct cgroup_app cgroup;
};

/* Where things lie; fds are borrowed. */
struct app_places {
	int app_root;       /* O_PATH of the app's root */
	int host_root;      /* O_PATH of the host's "/"; FD_NONE: the app has its files already */
	int stage1_root;    /* O_PATH of stage1/rootfs: files that stage0 left in its /etc */
	int empty_volumes;  /* directory of the pod's empty volumes; FD_NONE: volumes stay closed */
	int notify_file;    /* O_PATH of the app's notify socket; FD_NONE: none */
	int user_namespace; /* for idmapped volumes; FD_NONE: none */
	const char *shares; /* volumes of the host are here, by name; NULL: where the plan says */
};

/* resources->app is given, one of the plan's; the rest is filled, or empty on failure. */
int app_resources_open(struct arena *arena, const struct plan *plan,
		       const struct app_places *places, struct app_resources *resources,
		       struct error *err) MUST_CHECK;

/* What the pod's networks say of DNS, for an app whose resolv.conf is to have it; NULL: nothing. */
void app_resources_take_dns(struct app_resources *resources, const char *resolv_conf);

void app_resources_release(struct app_resources *resources);
