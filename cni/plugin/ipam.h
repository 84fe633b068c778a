/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ipam.h - who gives addresses: what "ipam" of the definition names.
 *
 * host-local is called in this process; any other plugin is a program found in CNI_PATH, which gets
 * our environment and definition.
 *
 * Errors:     -errno with err filled.  What a program says as its error becomes ours, with its
 * code.
 */
#pragma once

#include "cni/plugin/plugin_call.h"

/* Does the definition want addresses at all? */
bool ipam_is_wanted(const struct plugin_call *call);

/* By host-local, which needs nothing of the network?  Others, such as dhcp, may ask by the pod's
 * interface. */
bool ipam_is_own(const struct plugin_call *call);

int ipam_add(struct plugin_call *call, struct cni_result *ret, struct error *err) MUST_CHECK;

/* After a failure: gives back what ipam_add() gave; what goes wrong with that is not told. */
void ipam_undo(struct plugin_call *call, const struct cni_result *result);

int ipam_del(struct plugin_call *call, struct error *err) MUST_CHECK;
int ipam_check(struct plugin_call *call, struct error *err) MUST_CHECK;
int ipam_gc(struct plugin_call *call, struct error *err) MUST_CHECK;
int ipam_status(struct plugin_call *call, struct error *err) MUST_CHECK;
