/* SPDX-License-Identifier: Apache-2.0 */
/*
 * firewall.h - the packet filter rules of all pods, in two tables of our own called rkt-cni.
 *
 * The rules never change once they are there; what changes are elements of their sets, each
 * with a comment "NETWORK/CONTAINER/INTERFACE", and the groups of interfaces (link.h).  So a pod
 *more or less costs the same with one pod as with a thousand, and a point-to-point link, whose
 * interface and route say everything, needs no element at all.
 *
 * Whoever changes what a rule or a set means changes FIREWALL_TABLE: pods of the version before go
 * on with theirs.  A chain that only saves work may come without: older tables lack it.
 *
 * Chains have priorities right behind those of an administrator's ("dstnat", "srcnat", "filter"):
 * what is decided there stays decided.
 *
 * Table inet:
 *	sources      nothing comes from a pod's link with an address that is not behind it
 *	redirect     forwarded ports; local_redirect: for the host itself
 *	masquerade   what leaves the machine with the machine's address
 *	forward      interfaces that forward only since a pod needs it forward to pods only
 * Table bridge:
 *	sources      the same for ports of bridges, with hardware addresses
 *
 * Errors:     -errno with err filled.
 */
#pragma once

#include "cni/nftables/nft_batch.h"
#include "common/cni/ip_address.h"

#define FIREWALL_TABLE "rkt-cni"

extern const struct nft_place firewall_inet;
extern const struct nft_place firewall_bridge;

/* Makes a table with all its chains and rules, unless it is there. */
int firewall_ensure_inet(struct netlink_socket *socket, struct error *err) MUST_CHECK;
int firewall_ensure_bridge(struct netlink_socket *socket, struct error *err) MUST_CHECK;

/* Removes a table, if it is there. */
int firewall_remove_inet(struct netlink_socket *socket, struct error *err) MUST_CHECK;
int firewall_remove_bridge(struct netlink_socket *socket, struct error *err) MUST_CHECK;

/* Rules of the two tables, see firewall_inet.c and firewall_bridge.c. */
void firewall_put_inet(struct netlink_batch *batch);
void firewall_put_bridge(struct netlink_batch *batch);
