/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host_local.h - the plugin host-local: addresses out of ranges, kept as files of this host.
 *
 * Also called by our other plugins, in their own process, when "ipam" names it.
 *
 * Errors:     -errno with err filled.  -ENOSPC: no address is left.  -EADDRINUSE: the one asked
 *             for is taken.  -EEXIST: this attachment has an address already.
 */
#pragma once

#include "cni/plugin/plugin_call.h"

/* Takes one address of each set of ranges; nothing stays taken when it fails. */
int host_local_add(struct plugin_call *call, struct cni_result *ret, struct error *err) MUST_CHECK;

/*
 * The same without a look at all leases of the network for one of this attachment: for a caller
 * that finds out by itself that the interface is there already, and gives back no more than it
 * took.
 */
int host_local_take(struct plugin_call *call, struct cni_result *ret, struct error *err) MUST_CHECK;

/* Gives back what host_local_add() gave, and nothing else. */
int host_local_undo(struct plugin_call *call, const struct cni_result *result,
		    struct error *err) MUST_CHECK;

/* Gives back everything that the attachment has; no error when it has nothing. */
int host_local_del(struct plugin_call *call, struct error *err) MUST_CHECK;

int host_local_check(struct plugin_call *call, struct error *err) MUST_CHECK;

/* Gives back what attachments have that call->valid does not list. */
int host_local_gc(struct plugin_call *call, struct error *err) MUST_CHECK;

/* Is there an address left in every set? */
int host_local_status(struct plugin_call *call, struct error *err) MUST_CHECK;
