/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm_network.h - the networks of a pod in a virtual machine.
 *
 * Any plugin will do: it puts its interface into a network namespace as for every pod.  There a
 * tap is connected to it, which the machine's network card is; addresses, routes, hardware
 * address and MTU, as the plugin has set them, are given to the card in the guest.
 *
 * Ownership:  networks and taps are the struct's: vm_network_leave().
 */
#pragma once

#include "common/network/interface.h"
#include "common/supervisor/pod_network.h"
#include "common/supervisor/pod_run.h"
#include "stage1-kvm/channel/channel.h"

#define VM_NETWORK_MAX  6
#define VM_NETWORK_FILE "networks-resolv.conf" /* in the guest's pod directory */

struct vm_nic {
	int tap;
	struct interface interface; /* what it stands for */
};

struct vm_network {
	struct pod_network pod;
	bool has_pod; /* there is something to leave */
	struct vm_nic nics[VM_NETWORK_MAX];
	size_t n;
};

/* Joins the pod's networks, if it has any. */
int vm_network_join(const struct pod_run *run, struct vm_network *ret,
		    struct error *err) MUST_CHECK;

/* Has the guest configure its cards, and sends it what networks say of DNS. */
int vm_network_order(const struct vm_network *network, struct channel *channel,
		     struct error *err) MUST_CHECK;

/* What cannot be left now is said, and gc's. */
void vm_network_leave(struct vm_network *network, const char *program);
