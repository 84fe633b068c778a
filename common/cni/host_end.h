/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host_end.h - what the supervisor and our own plugins know of the host's end of a pod's link.
 */
#pragma once

#define CNI_HOST_END_SIZE 16 /* as long as the name of an interface can be */

/*
 * In the environment of DEL, not empty: the runtime lets go of the namespace after it, has no
 * process in there any more, and will see to it by another DEL without it that the host's end has
 * gone before the attachment may be made again or is forgotten.  The first one then only takes the
 * link out of use, and leaves alone what all pods share: it does not wait for the kernel.
 */
#define CNI_NETNS_ENDS    "RKT_NETNS_ENDS"

/* That other DEL, if the first one succeeded: addresses have been given back then. */
#define CNI_NETNS_ENDED   "RKT_NETNS_ENDED"

/*
 * The name that ptp and bridge give to the host's end.  It is not random: what was killed before it
 * could say the name, or has lost the pod's namespace, is found again.
 */
void cni_host_end_name(const char *network, const char *container, const char *interface,
		       char ret[CNI_HOST_END_SIZE]);
