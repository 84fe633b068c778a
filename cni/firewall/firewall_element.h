/* SPDX-License-Identifier: Apache-2.0 */
/*
 * firewall_element.h - what belongs to one pod in the sets of our tables.
 *
 * Each element bears a tag, "NETWORK/CONTAINER/INTERFACE" as nft(8) shows it; where that is longer
 * than a comment can be, a hash of it.  By its tag it is found again when nothing else is known.
 *
 * Functions that take a batch append to a transaction (nft_batch.h).
 */
#pragma once

#include "cni/firewall/firewall.h"
#include "cni/netlink/link.h"

struct firewall_tag {
	char text[NFT_COMMENT_MAX + 1];
};

struct firewall_tag firewall_tag_of(const char *network, const char *container,
				    const char *interface);

/* Frames of a bridge's port come from this hardware address. */
void firewall_put_mac(struct netlink_batch *batch, const char *port,
		      const unsigned char mac[LINK_MAC_BYTES], const struct firewall_tag *tag);

/* … and from this address of IP. */
void firewall_put_address(struct netlink_batch *batch, const char *port,
			  const struct ip_address *address, const struct firewall_tag *tag);

/* What comes in by that interface from this address leaves with the machine's. */
void firewall_put_masquerade(struct netlink_batch *batch, const char *interface,
			     const struct ip_address *address, const struct firewall_tag *tag);

struct firewall_port {
	struct ip_address host; /* AF_UNSPEC: all of the host's addresses */
	uint16_t host_port;
	uint8_t protocol;      /* IPPROTO_TCP, IPPROTO_UDP */
	struct ip_address pod; /* its family is that of the mapping */
	uint16_t pod_port;
};

/* A forwarded port.  -EEXIST of the transaction: the port is taken. */
void firewall_put_port(struct netlink_batch *batch, const struct firewall_port *port,
		       const struct firewall_tag *tag);

/* … as the host itself reaches it by its loopback address; source: what the pod will see. */
void firewall_put_loopback(struct netlink_batch *batch, const struct firewall_port *port,
			   const struct ip_address *source, const struct firewall_tag *tag);

/* What comes in by that interface and was led to that address, back out of the same interface. */
void firewall_put_hairpin(struct netlink_batch *batch, const char *interface,
			  const struct ip_address *address, const struct firewall_tag *tag);

/* Whose port it is, into *ret_tag: true; false: nobody's. */
bool firewall_port_owner(struct netlink_socket *socket, const struct firewall_port *port,
			 struct firewall_tag *ret_tag);

/* Which sets firewall_remove_tagged() and firewall_count() look at. */
enum firewall_part {
	FIREWALL_BRIDGE,     /* mac, address */
	FIREWALL_MASQUERADE, /* masquerade */
	FIREWALL_PORTS,      /* port, loopback, hairpin */
};

/* Is an element with this tag to be removed? */
typedef bool firewall_chooser(const char *tag, const void *context);

/* Removes all elements that are chosen; it is no error when there is no table. */
int firewall_remove_tagged(struct netlink_socket *socket, enum firewall_part part,
			   firewall_chooser *chooser, const void *context,
			   struct error *err) MUST_CHECK;

/* Is there any element of a pod, in any set?  Without tables there is none. */
int firewall_has_elements(struct netlink_socket *socket, bool *ret_has,
			  struct error *err) MUST_CHECK;

/* Chooses what has exactly this tag (context: const struct firewall_tag *). */
bool firewall_choose_tag(const char *tag, const void *context);

/* How many elements have this tag. */
int firewall_count(struct netlink_socket *socket, enum firewall_part part,
		   const struct firewall_tag *tag, size_t *ret_n, struct error *err) MUST_CHECK;
