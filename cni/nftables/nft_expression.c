/* SPDX-License-Identifier: Apache-2.0 */
#include "cni/nftables/nft_expression.h"

#include <string.h>

struct expression {
	size_t element;
	size_t data;
};

static struct expression begin(struct nft_rule *rule, const char *name)
{
	struct expression expression;

	expression.element = netlink_nest(rule->batch, NFTA_LIST_ELEM);
	netlink_put_string(rule->batch, NFTA_EXPR_NAME, name);
	expression.data = netlink_nest(rule->batch, NFTA_EXPR_DATA);
	return expression;
}

static void end(struct nft_rule *rule, struct expression expression)
{
	netlink_unnest(rule->batch, expression.data);
	netlink_unnest(rule->batch, expression.element);
}

static void put_register(struct nft_rule *rule, uint16_t attribute, uint32_t number)
{
	netlink_put_be32(rule->batch, attribute, NFT_REG32_00 + number);
}

static void put_value(struct nft_rule *rule, uint16_t attribute, const void *value, size_t bytes)
{
	size_t data = netlink_nest(rule->batch, attribute);

	netlink_put(rule->batch, NFTA_DATA_VALUE, value, bytes);
	netlink_unnest(rule->batch, data);
}

void nft_meta(struct nft_rule *rule, uint32_t key, uint32_t to)
{
	struct expression meta = begin(rule, "meta");

	put_register(rule, NFTA_META_DREG, to);
	netlink_put_be32(rule->batch, NFTA_META_KEY, key);
	end(rule, meta);
}

static void put_field(struct nft_rule *rule, const struct nft_field *field)
{
	netlink_put_be32(rule->batch, NFTA_PAYLOAD_BASE, field->base);
	netlink_put_be32(rule->batch, NFTA_PAYLOAD_OFFSET, field->offset);
	netlink_put_be32(rule->batch, NFTA_PAYLOAD_LEN, field->bytes);
}

void nft_load(struct nft_rule *rule, const struct nft_field *field, uint32_t to)
{
	struct expression payload = begin(rule, "payload");

	put_register(rule, NFTA_PAYLOAD_DREG, to);
	put_field(rule, field);
	end(rule, payload);
}

void nft_store(struct nft_rule *rule, const struct nft_field *field, uint32_t from)
{
	struct expression payload = begin(rule, "payload");
	bool is_ipv4 = field->bytes == 4;

	put_register(rule, NFTA_PAYLOAD_SREG, from);
	put_field(rule, field);
	netlink_put_be32(rule->batch, NFTA_PAYLOAD_CSUM_TYPE,
			 is_ipv4 ? NFT_PAYLOAD_CSUM_INET : NFT_PAYLOAD_CSUM_NONE);
	netlink_put_be32(rule->batch, NFTA_PAYLOAD_CSUM_OFFSET, is_ipv4 ? 10 : 0);
	netlink_put_be32(rule->batch, NFTA_PAYLOAD_CSUM_FLAGS, NFT_PAYLOAD_L4CSUM_PSEUDOHDR);
	end(rule, payload);
}

void nft_conntrack(struct nft_rule *rule, uint32_t key, uint32_t to)
{
	struct expression ct = begin(rule, "ct");

	put_register(rule, NFTA_CT_DREG, to);
	netlink_put_be32(rule->batch, NFTA_CT_KEY, key);
	end(rule, ct);
}

void nft_fib(struct nft_rule *rule, uint32_t flags, uint32_t result, uint32_t to)
{
	struct expression fib = begin(rule, "fib");

	put_register(rule, NFTA_FIB_DREG, to);
	netlink_put_be32(rule->batch, NFTA_FIB_RESULT, result);
	netlink_put_be32(rule->batch, NFTA_FIB_FLAGS, flags);
	end(rule, fib);
}

void nft_mask_bytes(struct nft_rule *rule, const void *mask, size_t bytes, uint32_t at)
{
	static const unsigned char zeros[16];
	struct expression bitwise = begin(rule, "bitwise");

	put_register(rule, NFTA_BITWISE_SREG, at);
	put_register(rule, NFTA_BITWISE_DREG, at);
	netlink_put_be32(rule->batch, NFTA_BITWISE_LEN, (uint32_t)bytes);
	put_value(rule, NFTA_BITWISE_MASK, mask, bytes);
	put_value(rule, NFTA_BITWISE_XOR, zeros, bytes);
	end(rule, bitwise);
}

void nft_mask(struct nft_rule *rule, uint32_t mask, uint32_t at)
{
	nft_mask_bytes(rule, &mask, sizeof(mask), at);
}

void nft_constant(struct nft_rule *rule, const void *value, size_t bytes, uint32_t to)
{
	struct expression immediate = begin(rule, "immediate");

	put_register(rule, NFTA_IMMEDIATE_DREG, to);
	put_value(rule, NFTA_IMMEDIATE_DATA, value, bytes);
	end(rule, immediate);
}

static void compare(struct nft_rule *rule, uint32_t how, const void *value, size_t bytes,
		    uint32_t at)
{
	struct expression cmp = begin(rule, "cmp");

	put_register(rule, NFTA_CMP_SREG, at);
	netlink_put_be32(rule->batch, NFTA_CMP_OP, how);
	put_value(rule, NFTA_CMP_DATA, value, bytes);
	end(rule, cmp);
}

void nft_is(struct nft_rule *rule, const void *value, size_t bytes, uint32_t at)
{
	compare(rule, NFT_CMP_EQ, value, bytes, at);
}

void nft_is_not(struct nft_rule *rule, const void *value, size_t bytes, uint32_t at)
{
	compare(rule, NFT_CMP_NEQ, value, bytes, at);
}

void nft_is_u8(struct nft_rule *rule, uint8_t value, uint32_t at)
{
	nft_is(rule, &value, sizeof(value), at);
}

void nft_is_u32(struct nft_rule *rule, uint32_t value, uint32_t at)
{
	nft_is(rule, &value, sizeof(value), at);
}

void nft_is_not_u32(struct nft_rule *rule, uint32_t value, uint32_t at)
{
	nft_is_not(rule, &value, sizeof(value), at);
}

void nft_in_set(struct nft_rule *rule, const char *set, uint32_t at, bool inverted)
{
	struct expression lookup = begin(rule, "lookup");

	netlink_put_string(rule->batch, NFTA_LOOKUP_SET, set);
	put_register(rule, NFTA_LOOKUP_SREG, at);
	if (inverted)
		netlink_put_be32(rule->batch, NFTA_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
	end(rule, lookup);
}

void nft_in_map(struct nft_rule *rule, const char *map, uint32_t at, uint32_t to)
{
	struct expression lookup = begin(rule, "lookup");

	netlink_put_string(rule->batch, NFTA_LOOKUP_SET, map);
	put_register(rule, NFTA_LOOKUP_SREG, at);
	put_register(rule, NFTA_LOOKUP_DREG, to);
	end(rule, lookup);
}

static void decide(struct nft_rule *rule, int verdict, const char *chain)
{
	struct expression immediate = begin(rule, "immediate");
	size_t data, code;

	netlink_put_be32(rule->batch, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	data = netlink_nest(rule->batch, NFTA_IMMEDIATE_DATA);
	code = netlink_nest(rule->batch, NFTA_DATA_VERDICT);
	netlink_put_be32(rule->batch, NFTA_VERDICT_CODE, (uint32_t)verdict);
	if (chain != NULL)
		netlink_put_string(rule->batch, NFTA_VERDICT_CHAIN, chain);
	netlink_unnest(rule->batch, code);
	netlink_unnest(rule->batch, data);
	end(rule, immediate);
}

void nft_drop(struct nft_rule *rule)
{
	decide(rule, NF_DROP, NULL);
}

void nft_accept(struct nft_rule *rule)
{
	decide(rule, NF_ACCEPT, NULL);
}

void nft_jump(struct nft_rule *rule, const char *chain)
{
	decide(rule, NFT_JUMP, chain);
}

void nft_masquerade(struct nft_rule *rule)
{
	end(rule, begin(rule, "masq"));
}

void nft_redirect_to(struct nft_rule *rule, uint8_t family, uint32_t address, uint32_t port)
{
	struct expression nat = begin(rule, "nat");

	netlink_put_be32(rule->batch, NFTA_NAT_TYPE, NFT_NAT_DNAT);
	netlink_put_be32(rule->batch, NFTA_NAT_FAMILY, family);
	put_register(rule, NFTA_NAT_REG_ADDR_MIN, address);
	put_register(rule, NFTA_NAT_REG_PROTO_MIN, port);
	end(rule, nat);
}
