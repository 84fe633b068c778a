/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of routed packets.  In the words of nft(8), and for IPv4 only (groups and masks:
 *link.h):
 *
 *	chain sources { type filter hook prerouting priority -290
 *		iifgroup and POD_MASK == POD fib saddr . iif oif 0 drop
 *	}
 *	chain before_local { type filter hook output priority -310
 *		oifname "lo" ip daddr 127.0.0.1 ip saddr set meta l4proto . th dport map @loopback4
 *	}
 *	chain redirect { type nat hook prerouting priority -99
 *		ip daddr and 255.0.0.0 != 127.0.0.0 fib daddr type local jump ports
 *	}
 *	chain local_redirect { type nat hook output priority -99
 *		ip saddr and 255.0.0.0 != 127.0.0.0 fib daddr type local jump ports
 *	}
 *	chain ports {
 *		dnat to ip daddr . meta l4proto . th dport map @bound4
 *		dnat to meta l4proto . th dport map @ports4
 *	}
 *	chain after_local { type filter hook input priority 110
 *		ct status dnat iifname != "lo" ip saddr 127.0.0.1 ip daddr set 127.0.0.1
 *	}
 *	chain masquerade { type nat hook postrouting priority 101
 *		iifgroup MASQUERADE oifgroup and OUR_MASK != POD fib daddr type != multicast
 *masquerade iifname . ip saddr @masquerade4 fib daddr type != multicast masquerade ct status dnat
 *iifname . ip daddr @hairpin4 masquerade
 *	}
 *	chain forward { type filter hook forward priority 1
 *		iifname @uplinks oifgroup and OUR_MASK != POD ct state new ct status != dnat drop
 *	}
 *
 * Why before_local and after_local: a connection of the host to 127.0.0.1 cannot be led to a pod
 * with 127.0.0.1 as its source, unless the kernel is told to let such packets in from outside
 * (route_localnet).  So the source is changed before connections are tracked, and the answer's
 * destination is changed back behind it, where the kernel has already checked it.  An answer is
 *known by its source, which only the tracker can have changed to 127.0.0.1: from an interface, such
 * a packet is dropped as a martian.
 */
#include "cni/firewall/firewall.h"

#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/rtnetlink.h>

#include "cni/netlink/link.h"
#include "cni/nftables/nft_expression.h"

#define TYPE2(a, b)    ((a) << 6 | (b))
#define TYPE3(a, b, c) (TYPE2(a, b) << 6 | (c))

/* What differs between the two versions of IP. */
struct family {
	uint8_t number;
	uint32_t bytes;     /* of an address */
	uint32_t registers; /* of an address */
	struct nft_field source;
	struct nft_field destination;
	unsigned char loopback[16];
	const char *bound;
	const char *ports;
	const char *loopbacks;
	const char *masquerade;
	const char *hairpin;
	uint32_t type;
};

static const struct family families[] = {
	{ .number = NFPROTO_IPV4,
	  .bytes = 4,
	  .registers = 1,
	  .source = { NFT_PAYLOAD_NETWORK_HEADER, 12, 4 },
	  .destination = { NFT_PAYLOAD_NETWORK_HEADER, 16, 4 },
	  .loopback = { 127, 0, 0, 1 },
	  .bound = "bound4",
	  .ports = "ports4",
	  .loopbacks = "loopback4",
	  .masquerade = "masquerade4",
	  .hairpin = "hairpin4",
	  .type = NFT_TYPE_IPV4 },
	{ .number = NFPROTO_IPV6,
	  .bytes = 16,
	  .registers = 4,
	  .source = { NFT_PAYLOAD_NETWORK_HEADER, 8, 16 },
	  .destination = { NFT_PAYLOAD_NETWORK_HEADER, 24, 16 },
	  .loopback = { [15] = 1 },
	  .bound = "bound6",
	  .ports = "ports6",
	  .loopbacks = "loopback6",
	  .masquerade = "masquerade6",
	  .hairpin = "hairpin6",
	  .type = NFT_TYPE_IPV6 },
};

static void put_sets(struct netlink_batch *batch, const struct family *family)
{
	const struct nft_set sets[] = {
		{ .name = family->bound,
		  .key_type = TYPE3(family->type, NFT_TYPE_PROTOCOL, NFT_TYPE_PORT),
		  .key_bytes = family->bytes + 8,
		  .data_type = TYPE2(family->type, NFT_TYPE_PORT),
		  .data_bytes = family->bytes + 4 },
		{ .name = family->ports,
		  .key_type = TYPE2(NFT_TYPE_PROTOCOL, NFT_TYPE_PORT),
		  .key_bytes = 8,
		  .data_type = TYPE2(family->type, NFT_TYPE_PORT),
		  .data_bytes = family->bytes + 4 },
		{ .name = family->loopbacks,
		  .key_type = TYPE2(NFT_TYPE_PROTOCOL, NFT_TYPE_PORT),
		  .key_bytes = 8,
		  .data_type = family->type,
		  .data_bytes = family->bytes },
		{ .name = family->masquerade,
		  .key_type = TYPE2(NFT_TYPE_IFNAME, family->type),
		  .key_bytes = IFNAMSIZ + family->bytes },
		{ .name = family->hairpin,
		  .key_type = TYPE2(NFT_TYPE_IFNAME, family->type),
		  .key_bytes = IFNAMSIZ + family->bytes },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(sets); i++)
		nft_add_set(batch, &firewall_inet, &sets[i]);
}

static void put_chains(struct netlink_batch *batch)
{
	static const struct nft_chain chains[] = {
		{ "sources", "filter", NF_INET_PRE_ROUTING, -290 },
		{ "before_local", "filter", NF_INET_LOCAL_OUT, -310 },
		{ "redirect", "nat", NF_INET_PRE_ROUTING, -99 },
		{ "local_redirect", "nat", NF_INET_LOCAL_OUT, -99 },
		{ .name = "ports" },
		{ "after_local", "filter", NF_INET_LOCAL_IN, 110 },
		{ "masquerade", "nat", NF_INET_POST_ROUTING, 101 },
		{ "forward", "filter", NF_INET_FORWARD, 1 },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(chains); i++)
		nft_add_chain(batch, &firewall_inet, &chains[i]);
}

static void begin(struct nft_rule *rule, struct netlink_batch *batch, const char *chain)
{
	nft_rule_begin(rule, batch, &firewall_inet, chain);
}

static void begin_of_family(struct nft_rule *rule, struct netlink_batch *batch, const char *chain,
			    const struct family *family)
{
	begin(rule, batch, chain);
	nft_meta(rule, NFT_META_NFPROTO, 0);
	nft_is_u8(rule, family->number, 0);
}

static void comes_from_pod(struct nft_rule *rule)
{
	nft_meta(rule, NFT_META_IIFGROUP, 0);
	nft_mask(rule, LINK_GROUP_POD_MASK, 0);
	nft_is_u32(rule, LINK_GROUP_POD, 0);
}

static void goes_to_others(struct nft_rule *rule)
{
	nft_meta(rule, NFT_META_OIFGROUP, 0);
	nft_mask(rule, LINK_GROUP_OUR_MASK, 0);
	nft_is_not_u32(rule, LINK_GROUP_POD, 0);
}

/* Goes on when the destination is one of the host's own addresses; or (wanted false) no multicast.
 */
static void is_destination(struct nft_rule *rule, uint32_t type, bool wanted)
{
	nft_fib(rule, NFTA_FIB_F_DADDR, NFT_FIB_RESULT_ADDRTYPE, 0);
	if (wanted)
		nft_is_u32(rule, type, 0);
	else
		nft_is_not_u32(rule, type, 0);
}

static void put_sources(struct netlink_batch *batch)
{
	struct nft_rule rule;

	begin(&rule, batch, "sources");
	comes_from_pod(&rule);
	nft_fib(&rule, NFTA_FIB_F_SADDR | NFTA_FIB_F_IIF, NFT_FIB_RESULT_OIF, 0);
	nft_is_u32(&rule, 0, 0);
	nft_drop(&rule);
	nft_rule_end(&rule);
}

/* Protocol and port into two registers from "to" on. */
static void load_port(struct nft_rule *rule, uint32_t to)
{
	static const struct nft_field port = { NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2 };

	nft_meta(rule, NFT_META_L4PROTO, to);
	nft_load(rule, &port, to + 1);
}

static void put_ports(struct netlink_batch *batch, const struct family *family)
{
	struct nft_rule rule;

	begin_of_family(&rule, batch, "ports", family);
	nft_load(&rule, &family->destination, 0);
	load_port(&rule, family->registers);
	nft_in_map(&rule, family->bound, 0, 8);
	nft_redirect_to(&rule, family->number, 8, 8 + family->registers);
	nft_rule_end(&rule);

	begin_of_family(&rule, batch, "ports", family);
	load_port(&rule, 0);
	nft_in_map(&rule, family->ports, 0, 8);
	nft_redirect_to(&rule, family->number, 8, 8 + family->registers);
	nft_rule_end(&rule);
}

/* All of 127.0.0.0/8 is loopback; of IPv6 one address. */
static void is_no_loopback(struct nft_rule *rule, const struct family *family,
			   const struct nft_field *field)
{
	static const unsigned char net[16] = { 127 }, mask[16] = { 255 };

	nft_load(rule, field, 0);
	if (family->number == NFPROTO_IPV4) {
		nft_mask_bytes(rule, mask, family->bytes, 0);
		nft_is_not(rule, net, family->bytes, 0);
	} else {
		nft_is_not(rule, family->loopback, family->bytes, 0);
	}
}

/* From outside nobody reaches what is bound to loopback; and what the host sends from there
 * (before_local has not changed it) could not leave. */
static void put_redirects(struct netlink_batch *batch, const struct family *family)
{
	struct nft_rule rule;

	begin_of_family(&rule, batch, "redirect", family);
	is_no_loopback(&rule, family, &family->destination);
	is_destination(&rule, RTN_LOCAL, true);
	nft_jump(&rule, "ports");
	nft_rule_end(&rule);

	begin_of_family(&rule, batch, "local_redirect", family);
	is_no_loopback(&rule, family, &family->source);
	is_destination(&rule, RTN_LOCAL, true);
	nft_jump(&rule, "ports");
	nft_rule_end(&rule);
}

static void put_local(struct netlink_batch *batch, const struct family *family)
{
	static const char lo[IFNAMSIZ] = "lo";
	const uint32_t translated = IPS_DST_NAT;
	struct nft_rule rule;

	begin_of_family(&rule, batch, "before_local", family);
	nft_load(&rule, &family->destination, 0);
	nft_is(&rule, family->loopback, family->bytes, 0);
	load_port(&rule, 0);
	nft_in_map(&rule, family->loopbacks, 0, 8);
	nft_store(&rule, &family->source, 8);
	nft_rule_end(&rule);

	begin_of_family(&rule, batch, "after_local", family);
	nft_conntrack(&rule, NFT_CT_STATUS, 0);
	nft_mask(&rule, translated, 0);
	nft_is_not_u32(&rule, 0, 0);
	nft_meta(&rule, NFT_META_IIFNAME, 0);
	nft_is_not(&rule, lo, sizeof(lo), 0);
	nft_load(&rule, &family->source, 0);
	nft_is(&rule, family->loopback, family->bytes, 0);
	nft_constant(&rule, family->loopback, family->bytes, 0);
	nft_store(&rule, &family->destination, 0);
	nft_rule_end(&rule);
}

static void put_masquerade_of_links(struct netlink_batch *batch)
{
	struct nft_rule rule;

	begin(&rule, batch, "masquerade");
	nft_meta(&rule, NFT_META_IIFGROUP, 0);
	nft_is_u32(&rule, LINK_GROUP_MASQUERADE, 0);
	goes_to_others(&rule);
	is_destination(&rule, RTN_MULTICAST, false);
	nft_masquerade(&rule);
	nft_rule_end(&rule);
}

static void put_masquerade(struct netlink_batch *batch, const struct family *family)
{
	const uint32_t translated = IPS_DST_NAT;
	struct nft_rule rule;

	begin_of_family(&rule, batch, "masquerade", family);
	nft_meta(&rule, NFT_META_IIFNAME, 0);
	nft_load(&rule, &family->source, 4);
	nft_in_set(&rule, family->masquerade, 0, false);
	is_destination(&rule, RTN_MULTICAST, false);
	nft_masquerade(&rule);
	nft_rule_end(&rule);

	begin_of_family(&rule, batch, "masquerade", family);
	nft_conntrack(&rule, NFT_CT_STATUS, 0);
	nft_mask(&rule, translated, 0);
	nft_is_not_u32(&rule, 0, 0);
	nft_meta(&rule, NFT_META_IIFNAME, 0);
	nft_load(&rule, &family->destination, 4);
	nft_in_set(&rule, family->hairpin, 0, false);
	nft_masquerade(&rule);
	nft_rule_end(&rule);
}

static void put_forward(struct netlink_batch *batch)
{
	const uint32_t is_new = 1U << (IP_CT_NEW + 1); /* NF_CT_STATE_BIT() of the kernel */
	struct nft_rule rule;

	begin(&rule, batch, "forward");
	nft_meta(&rule, NFT_META_IIFNAME, 0);
	nft_in_set(&rule, "uplinks", 0, false);
	goes_to_others(&rule);
	nft_conntrack(&rule, NFT_CT_STATE, 0);
	nft_mask(&rule, is_new, 0);
	nft_is_not_u32(&rule, 0, 0);
	nft_conntrack(&rule, NFT_CT_STATUS, 0);
	nft_mask(&rule, IPS_DST_NAT, 0);
	nft_is_u32(&rule, 0, 0);
	nft_drop(&rule);
	nft_rule_end(&rule);
}

void firewall_put_inet(struct netlink_batch *batch)
{
	static const struct nft_set uplinks = { .name = "uplinks",
						.key_type = NFT_TYPE_IFNAME,
						.key_bytes = IFNAMSIZ };

	nft_add_table(batch, &firewall_inet);
	nft_add_set(batch, &firewall_inet, &uplinks);
	put_chains(batch);
	put_sources(batch);
	put_masquerade_of_links(batch);
	put_forward(batch);
	for (size_t i = 0; i < ARRAY_LENGTH(families); i++) {
		put_sets(batch, &families[i]);
		put_ports(batch, &families[i]);
		put_redirects(batch, &families[i]);
		put_local(batch, &families[i]);
		put_masquerade(batch, &families[i]);
	}
}
