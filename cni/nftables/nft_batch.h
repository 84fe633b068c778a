/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nft_batch.h - a transaction of nftables: all of it happens, or nothing.
 *
 * Registers:  rules compute in 16 registers of 4 bytes, 0 … 15; what is longer takes several.  Keys
 * of sets with several fields lie in registers side by side, each field filled up to 4. Comments:
 * shown by nft(8): what owns the element.
 */
#pragma once

#include <netinet/in.h> /* before what the kernel has of it */

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "cni/netlink/netlink_socket.h"

#define NFT_COMMENT_MAX 127 /* characters that nft(8) shows */

void nft_begin(struct netlink_batch *batch);

/* Sends it; then the batch is empty.  -EEXIST, -ENOENT: something was, or was not, there. */
int nft_commit(struct netlink_socket *socket, struct netlink_batch *batch,
	       struct error *err) MUST_CHECK;

/* family: NFPROTO_INET, NFPROTO_BRIDGE. */
struct nft_place {
	uint8_t family;
	const char *table;
};

/* -EEXIST when it is there already. */
void nft_add_table(struct netlink_batch *batch, const struct nft_place *place);

/* With all that is in it.  -ENOENT. */
void nft_delete_table(struct netlink_batch *batch, const struct nft_place *place);

struct nft_chain {
	const char *name;
	const char *type; /* "filter", "nat"; NULL: to be jumped to */
	uint32_t hook;    /* NF_INET_… */
	int32_t priority;
};
void nft_add_chain(struct netlink_batch *batch, const struct nft_place *place,
		   const struct nft_chain *chain);

struct nft_set {
	const char *name;
	uint32_t key_type; /* as nft(8) numbers types, for showing it: see nft_type() */
	uint32_t key_bytes;
	uint32_t data_type; /* 0: a set; otherwise a map */
	uint32_t data_bytes;
};
void nft_add_set(struct netlink_batch *batch, const struct nft_place *place,
		 const struct nft_set *set);

/* The number of a type made of several, first one first; 6 bits each. */
enum nft_type {
	NFT_TYPE_IPV4 = 7,
	NFT_TYPE_IPV6 = 8,
	NFT_TYPE_ETHER = 9,
	NFT_TYPE_PROTOCOL = 12,
	NFT_TYPE_PORT = 13,
	NFT_TYPE_IFNAME = 41,
};

struct nft_element {
	const void *key;
	size_t key_bytes;
	const void *data; /* NULL: of a set */
	size_t data_bytes;
	const char *comment; /* NULL: none */
};
/* -EEXIST when a map has something else at this key already (a set: never). */
void nft_add_element(struct netlink_batch *batch, const struct nft_place *place, const char *set,
		     const struct nft_element *element);
void nft_delete_element(struct netlink_batch *batch, const struct nft_place *place, const char *set,
			const struct nft_element *element);

/* Walks over a set.  Not 0 ends the walk and is returned.  -ENOENT: there is no such set. */
typedef int nft_visitor(const struct nft_element *element, void *context);

struct nft_walk {
	const struct nft_place *place;
	const char *set;
	nft_visitor *visitor;
	void *context;
};
int nft_visit(struct netlink_socket *socket, const struct nft_walk *walk,
	      struct error *err) MUST_CHECK;

/* -ENOENT: there is no such table. */
int nft_find_table(struct netlink_socket *socket, const struct nft_place *place,
		   struct error *err) MUST_CHECK;

/* A rule at the end of a chain: nft_rule_begin(), expressions, nft_rule_end(). */
struct nft_rule {
	struct netlink_batch *batch;
	size_t expressions;
	const char *chain;
};
void nft_rule_begin(struct nft_rule *rule, struct netlink_batch *batch,
		    const struct nft_place *place, const char *chain);
void nft_rule_end(struct nft_rule *rule);
