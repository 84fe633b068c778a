/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pod_run.h - one run of a pod: what every isolator has before it isolates.
 *
 * pod_run_open() does what needs the host and is the same at every level:
 * cgroups with their limits, volumes, accounts, system call filters, the
 * results directory.  What follows is the isolator's own order.
 *
 * Crash:      the names of the cgroups are on disk before the first is made, so
 *             that gc can remove them whenever this process dies.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/cgroup/cgroup_pod.h"
#include "common/log/log_writer.h"
#include "common/plan/plan.h"
#include "common/process/socket_activation.h"
#include "common/supervisor/app_resources.h"
#include "common/supervisor/notify_relay.h"
#include "common/supervisor/pod_observer.h"

#define VOLUMES_DIRECTORY "volumes" /* of the pod directory: its empty volumes */

struct pod_network;

struct pod_run {
	const char *program; /* "stage1-coreos": in front of messages */
	const struct plan *plan;
	const struct cgroup_host *cgroups;
	struct arena *arena;
	int pod_fd;         /* the pod directory, which is the working directory, too */
	int lock_fd;        /* holds the pod's lock; FD_NONE: the caller did not say */
	int results_fd;     /* stage1/rootfs/rkt; FD_NONE: kept_outside */
	int user_namespace; /* plan->own_user: for idmapped volumes; FD_NONE */
	struct cgroup_pod cgroup;
	struct app_resources *resources; /* of plan->apps[i] */
	size_t n_opened;                 /* resources that hold something */
	struct socket_activation sockets;
	bool again; /* given: the pod was run before */
	struct log_writer log;
	bool kept_outside;           /* given: the observer and who reads our output keep all that
				      there is to record, we do not */
	struct notify_relay notify;  /* host_socket is given */
	const char *local_config;    /* given; NULL: the default */
	struct pod_network *network; /* joined by the leader while PID 1 waits; NULL: none */
	bool is_connected;           /* given: the network is the machine's own, up and joined */
	bool is_alone; /* given: on this kernel, whose System V IPC, message queues and names need
			  not be divided */
	const char *metadata_host; /* given: the host's address in those networks; NULL: none */
	const char *resolv_conf;   /* given: what those networks say of DNS; NULL: nothing */
	const char *shares;        /* given: where the host's volumes are, by name, when that is not
				      where the plan says; NULL: it is */
	const char *host_root;     /* given: what stands for the host's "/"; NULL: it does */
	const struct pod_observer *observer; /* given; NULL: nobody watches */
};

/* program, plan, cgroups, arena, pod_fd, lock_fd and notify.host_socket are given; the rest is
 * filled.
 */
int pod_run_open(struct pod_run *run, struct error *err) MUST_CHECK;

/* Opens the log that the plan wants, a step of pod_run_open(). */
int pod_run_open_log(struct pod_run *run, struct error *err) MUST_CHECK;

/* The log for who writes it; NULL: there is none. */
struct log_writer *pod_run_log(struct pod_run *run);

/* Closes what is open; the cgroups stay. */
void pod_run_release(struct pod_run *run);

/* Removes the pod's cgroups, killing what is left in them. */
void pod_run_remove_cgroups(struct pod_run *run);
