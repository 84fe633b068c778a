/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leader.h - the process beside a pod's virtual machine: what stage0's rkt became.
 *
 * It sends the guest its orders, relays stdio, signals and those who enter, writes what
 * stage0 reads, and ends with the pod's status.  The counterpart of
 * common/supervisor/leader.h, which does the same inside the guest.
 *
 * Ends:       the pod's own status; 137 when the machine was killed while the pod ran; an
 *             error (254) when the guest gave up, broke the protocol, or was silent too long.
 * Signals:    go to the guest's leader.  From the first SIGTERM, SIGINT or SIGQUIT on the guest is
 * asked every five seconds whether it lives, and killed when it does not answer.  A second SIGTERM,
 * SIGINT or SIGQUIT gives the guest a last while, then the machine is killed.
 */
#pragma once

#include "common/log/log_writer.h"
#include "common/process/child.h"
#include "common/supervisor/pod_run.h"
#include "stage1-kvm/channel/channel.h"

#define VM_LEADER_BOOT_MS 60000

struct vm_leader {
	const struct pod_run *run; /* plan, pod_fd, results_fd, notify.host_socket, arena */
	const struct child *machine;
	struct log_writer *log; /* keeps what the apps print; NULL: nobody does */
	int channel_fd;
	int signal_fd;
	int boot_ms;   /* how long the guest may take to come up; 0: VM_LEADER_BOOT_MS */
	int answer_ms; /* and to answer when it is asked whether it lives; 0: 15 s */
	bool restored; /* the guest is awake already */
	/* Sends what makes this guest this pod's, once it is awake. */
	int (*give_orders)(void *context, struct channel *channel, struct error *err);
	/* Adds what must not end before the machine; NULL: there is nothing. */
	int (*watch_helpers)(void *context, struct poll_set *poll_set, struct error *err);
	void *context;
};

int vm_leader_run(const struct vm_leader *leader, struct error *err) MUST_CHECK;
