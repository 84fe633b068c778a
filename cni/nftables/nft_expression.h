/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nft_expression.h - what a rule does, step by step: load, compare, look up, decide.
 *
 * A comparison or a look-up that fails ends the rule for the packet.  Registers are numbered
 * 0 … 15, of 4 bytes each (nft_batch.h).
 */
#pragma once

#include <stdbool.h>

#include "cni/nftables/nft_batch.h"

/* key: NFT_META_…; a name of an interface takes four registers. */
void nft_meta(struct nft_rule *rule, uint32_t key, uint32_t to);

/* base: NFT_PAYLOAD_…; bytes from offset on. */
struct nft_field {
	uint32_t base;
	uint32_t offset;
	uint32_t bytes;
};
void nft_load(struct nft_rule *rule, const struct nft_field *field, uint32_t to);

/* Writes into the packet, and corrects checksums: of IPv4's header, and of what is inside. */
void nft_store(struct nft_rule *rule, const struct nft_field *field, uint32_t from);

/* key: NFT_CT_STATE, NFT_CT_STATUS. */
void nft_conntrack(struct nft_rule *rule, uint32_t key, uint32_t to);

/* flags: NFTA_FIB_F_…; result: NFT_FIB_RESULT_…. */
void nft_fib(struct nft_rule *rule, uint32_t flags, uint32_t result, uint32_t to);

/* Keeps the bits of mask, in the host's order, of a register. */
void nft_mask(struct nft_rule *rule, uint32_t mask, uint32_t at);
void nft_mask_bytes(struct nft_rule *rule, const void *mask, size_t bytes, uint32_t at);

/* A constant into registers. */
void nft_constant(struct nft_rule *rule, const void *value, size_t bytes, uint32_t to);

void nft_is(struct nft_rule *rule, const void *value, size_t bytes, uint32_t at);
void nft_is_not(struct nft_rule *rule, const void *value, size_t bytes, uint32_t at);
void nft_is_u8(struct nft_rule *rule, uint8_t value, uint32_t at);
void nft_is_u32(struct nft_rule *rule, uint32_t value, uint32_t at);
void nft_is_not_u32(struct nft_rule *rule, uint32_t value, uint32_t at);

/* Goes on when the key in registers from "at" on is in the set (inverted: is not). */
void nft_in_set(struct nft_rule *rule, const char *set, uint32_t at, bool inverted);

/* The same for a map, whose value goes to registers from "to" on. */
void nft_in_map(struct nft_rule *rule, const char *map, uint32_t at, uint32_t to);

void nft_drop(struct nft_rule *rule);
void nft_accept(struct nft_rule *rule);
void nft_jump(struct nft_rule *rule, const char *chain);
void nft_masquerade(struct nft_rule *rule);

/* Changes the destination: family NFPROTO_IPV4 or NFPROTO_IPV6; address and port in registers. */
void nft_redirect_to(struct nft_rule *rule, uint8_t family, uint32_t address, uint32_t port);
