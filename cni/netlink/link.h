/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link.h - interfaces: veth pairs, bridges, and what may be asked of any.
 *
 * Functions that take a batch append one message to it; the caller sends it.
 *
 * Units:      MTUs in bytes; 0 leaves it to the kernel.
 * Errors:     -errno with err filled.  -ENODEV: there is no such interface.
 */
#pragma once

#include <netinet/in.h> /* before what the kernel has of it */

#include <linux/if.h>
#include <stdbool.h>

#include "cni/netlink/netlink_socket.h"

#define LINK_MAC_BYTES        6
#define LINK_MAC_TEXT_SIZE    18

/*
 * The group that the host's end of a pod's link is in.  nftables rules of ours tell by it, in one
 * comparison, where a packet comes from; it goes with the interface.  The last bit says
 * whether what leaves the machine is to bear the machine's address.  Bridges of ours are in a
 * group of their own: their ports are what is checked.
 */
#define LINK_GROUP_POD        0x726b7430U
#define LINK_GROUP_MASQUERADE 0x726b7431U
#define LINK_GROUP_BRIDGE     0x726b7432U
#define LINK_GROUP_POD_MASK   0xfffffffeU /* a pod's link is LINK_GROUP_POD under it */
#define LINK_GROUP_OUR_MASK   0xfffffffcU /* and a bridge, too, under this one */

struct link {
	uint32_t index;
	uint32_t peer; /* veth: the index of the other end, in its namespace */
	uint32_t mtu;
	uint32_t master; /* 0: none */
	uint32_t group;
	bool is_up;
	char name[IFNAMSIZ];
	char kind[IFNAMSIZ]; /* "veth", "bridge"; "": hardware */
	unsigned char mac[LINK_MAC_BYTES];
};

struct link_veth {
	const char *name; /* of this end, in the socket's namespace */
	const char *peer_name;
	int peer_netns; /* namespace of the other end */
	uint32_t mtu;
	uint32_t master; /* this end's bridge; 0: none */
	uint32_t group;  /* this end's */
	unsigned char mac[LINK_MAC_BYTES];
	unsigned char peer_mac[LINK_MAC_BYTES];
};

/* Makes the pair, both ends down.  -EEXIST: one of the names is taken. */
void link_add_veth(struct netlink_batch *batch, const struct link_veth *veth);

struct link_bridge {
	const char *name;
	uint32_t mtu;
	uint32_t group;
	unsigned char mac[LINK_MAC_BYTES]; /* given, it does not change with the ports */
};

/* Makes a bridge, down.  -EEXIST. */
void link_add_bridge(struct netlink_batch *batch, const struct link_bridge *bridge);

void link_set_up(struct netlink_batch *batch, uint32_t index);
void link_set_down(struct netlink_batch *batch, uint32_t index);
void link_retire(struct netlink_batch *batch, uint32_t index); /* down and in no group */
void link_set_promiscuous(struct netlink_batch *batch, uint32_t index);

/* Of a bridge's port. */
struct link_port {
	bool hairpin;  /* frames may leave where they came in */
	bool isolated; /* no frames to and from other isolated ports */
};
void link_set_port(struct netlink_batch *batch, uint32_t index, const struct link_port *port);

/* By its name, or (NULL) by its index. */
int link_get(struct netlink_socket *socket, const char *name, uint32_t index, struct link *ret,
	     struct error *err) MUST_CHECK;

int link_delete(struct netlink_socket *socket, const char *name, struct error *err) MUST_CHECK;

/* Is there any interface whose group is this one under the mask? */
int link_exists_in_group(struct netlink_socket *socket, uint32_t group, uint32_t mask,
			 bool *ret_exists, struct error *err) MUST_CHECK;

/* A random address for this machine only, as a veth gets it. */
int link_random_mac(unsigned char ret_mac[LINK_MAC_BYTES], struct error *err) MUST_CHECK;

const char *link_mac_text(const unsigned char mac[LINK_MAC_BYTES], char buffer[LINK_MAC_TEXT_SIZE]);

/* "0a:58:0a:01:02:03"; -EINVAL: no such text, or no address that an interface can have. */
int link_mac_parse(const char *text, unsigned char ret_mac[LINK_MAC_BYTES]) MUST_CHECK;
