/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pod_link.h - the veth pair between a pod and its host.
 *
 * One socket stays in each namespace, so the caller is in the host's all the time but for
 * pod_link_enter() … pod_link_leave().
 *
 * Ownership:  the struct owns its fds.
 * Errors:     -errno with err filled.
 */
#pragma once

#include "cni/interface/netns.h"
#include "cni/netlink/link.h"
#include "common/cni/cni_result.h"
#include "common/cni/host_end.h"

struct pod_link {
	int host_netns;
	int pod_netns;
	struct netlink_socket host_socket;
	struct netlink_socket pod_socket;
	const char *pod_name;
	char host_name[CNI_HOST_END_SIZE];
	struct link host; /* after pod_link_make() */
	struct link pod;  /* only index, name and mac */
};

#define POD_LINK_NONE                                                                              \
	{                                                                                          \
		.host_netns = FD_NONE, .pod_netns = FD_NONE, .host_socket = NETLINK_SOCKET_NONE,   \
		.pod_socket = NETLINK_SOCKET_NONE                                                  \
	}
#define auto_pod_link CLEANUP(pod_link_close)

/* What a link is for; texts are borrowed.  The name of the host's end follows from the three. */
struct pod_link_attachment {
	const char *network;
	const char *container;
	const char *interface; /* the name of the pod's end */
};

/* -ENOENT: there is no namespace at that path (any more). */
int pod_link_open(const char *netns, const struct pod_link_attachment *attachment,
		  struct pod_link *ret, struct error *err) MUST_CHECK;

/* For pod_link_remove() only: it is no error when netns is "" or there is none at that path. */
int pod_link_open_to_remove(const char *netns, const struct pod_link_attachment *attachment,
			    struct pod_link *ret, struct error *err) MUST_CHECK;
void pod_link_close(struct pod_link *link);

struct pod_link_wish {
	uint32_t mtu;
	uint32_t master;          /* bridge of the host's end; 0: none */
	uint32_t group;           /* of the host's end */
	const unsigned char *mac; /* of the pod's end; NULL: a random one */
};

/*
 * Makes the pair, both ends down; in the pod nobody's router advertisements are believed.
 * On failure there is no pair.
 */
int pod_link_make(struct pod_link *link, const struct pod_link_wish *wish,
		  struct error *err) MUST_CHECK;

/*
 * Removes the pair; no error when there is none.  It is found by the host's end, also when the
 * pod's namespace has gone or is about to; otherwise (others made it) by the pod's.
 */
int pod_link_remove(struct pod_link *link, struct error *err) MUST_CHECK;

/*
 * For a namespace that is about to go, and the pair with it (CNI_NETNS_ENDS): the host's end is
 * down, in no group, and has neither an address nor a route, which takes no waiting for the kernel.
 * Removes the pair where connections of the pod keep the namespace.
 */
int pod_link_abandon(struct pod_link *link, struct error *err) MUST_CHECK;

/* There and back again, for /proc/sys of the pod's namespace. */
int pod_link_enter(const struct pod_link *link, struct error *err) MUST_CHECK;
int pod_link_leave(const struct pod_link *link, struct error *err) MUST_CHECK;

/*
 * For a namespace that was made with IPv6 off; and link-local addresses are usable at once: without
 * one, a router asks nobody for hardware addresses, for the second or two that the kernel
 * takes to see that a random one is not taken.  Before the ends are up.
 */
int pod_link_allow_ipv6(const struct pod_link *link, struct error *err) MUST_CHECK;

bool pod_link_has_family(const struct cni_result *result, int family);

/* Appends routes of a result that are the pod's: those without gateway go via its
 * family's first.  A route that is there, of another network, stays. */
void pod_link_put_routes(struct netlink_batch *batch, const struct pod_link *link,
			 const struct cni_result *result);

/* Is the pod's end as result says: hardware address, addresses, routes? */
int pod_link_check(struct pod_link *link, const struct cni_result *result,
		   struct error *err) MUST_CHECK;
