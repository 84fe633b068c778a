/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm_shares.h - what a guest sees of the host's files: volumes, and roots of apps without a disk.
 *
 * Each is a detached mount tree served by a process of its own (share/share.h).  A
 * volume is writable for the guest when any app may write to it; the guest
 * narrows that for each app, the host's limit holds whatever the guest does.
 *
 * Ownership:  vm_shares_release() ends the servers.
 */
#pragma once

#include "common/base/arena.h"
#include "common/cgroup/cgroup_app.h"
#include "common/plan/plan.h"
#include "common/process/poll_set.h"
#include "stage1-kvm/channel/channel.h"
#include "stage1-kvm/share/share.h"

#define VM_SHARES_MAX 5 /* as many transports as a machine has left */

struct vm_share {
	const char *name; /* of the volume or the app; the plan's */
	bool is_root;     /* of the app */
	bool is_file;
	bool read_only;
	struct share share;
};

struct vm_shares {
	struct vm_share items[VM_SHARES_MAX];
	size_t n;
};

/* Starts servers for all volumes of the host that the plan has. */
int vm_shares_open_volumes(struct vm_shares *shares, const struct plan *plan,
			   const struct cgroup_app *cgroup, struct error *err) MUST_CHECK;

/* One for the root of an app, which the guest cannot write to. */
int vm_shares_open_root(struct vm_shares *shares, int pod_fd, const char *app,
			const struct cgroup_app *cgroup, struct error *err) MUST_CHECK;

void vm_shares_release(struct vm_shares *shares);

/* A server that ends while the machine runs is an error of the poll set. */
int vm_shares_watch(struct vm_shares *shares, struct poll_set *poll_set,
		    struct error *err) MUST_CHECK;

/* Has the guest mount the volumes; number i has the tag "share-i". */
int vm_shares_order_mounts(const struct vm_shares *shares, struct channel *channel,
			   struct error *err) MUST_CHECK;
