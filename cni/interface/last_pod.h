/* SPDX-License-Identifier: Apache-2.0 */
/*
 * last_pod.h - our tables of the packet filter go with the last pod that needs them.
 *
 * A pod needs them that has a link in the group of pods, or an element.  Who adds one holds the
 * tables from before it looks for them; who removes one looks whether any is left while nobody
 * holds them.  The lock is on the network namespace itself (flock(2)): there is one for each
 * machine that has tables, and no file is left behind.
 *
 * Ownership:  the lock is the open file's, and goes with it.
 * Errors:     -errno with err filled.
 */
#pragma once

#include "cni/nftables/nft_batch.h"

/* netns: open, of the host.  Waits while tables are being removed. */
int last_pod_hold_tables(int netns, struct error *err) MUST_CHECK;

/*
 * After a pod has been removed, or could not be added.  route: what it is asked next must be no
 * list.  Waits some 20 ms for the kernel when it removes them.
 *
 * Before the rules, the forwarding ends that they watch over: interfaces that forward only since
 * pods needed it are switched off.
 */
int last_pod_remove_tables(int netns, struct netlink_socket *route, struct netlink_socket *firewall,
			   struct error *err) MUST_CHECK;
