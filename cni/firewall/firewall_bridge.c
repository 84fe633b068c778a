/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of frames that come into ports of bridges.  In the words of nft(8):
 *
 *	chain sources { type filter hook prerouting priority -290
 *		iifgroup and LINK_GROUP_POD_MASK == LINK_GROUP_POD jump pod
 *	}
 *	chain pod {
 *		iifname . ether saddr != @macs drop
 *		arp: iifname . arp saddr ip @addresses4 accept
 *		arp: arp saddr ip 0.0.0.0 accept (asks whether an address is taken)
 *		ip: iifname . ip saddr @addresses4 accept
 *		ip: ip saddr 0.0.0.0 accept (asks for an address)
 *		ip6: iifname . ip6 saddr @addresses6 accept
 *		ip6: ip6 saddr and ffc0:: == fe80:: accept
 *		ip6: ip6 saddr :: accept
 *		drop
 *	}
 *	chain reports { type filter hook forward priority -290
 *		ip6: ip6 daddr ff02::16, all its records are of ff02::/16 without sources:
 *			oifgroup and LINK_GROUP_POD_MASK == LINK_GROUP_POD drop
 *	}
 *
 * The last one only saves work.  A pod says four times at its start which multicast addresses
 * it listens to (RFC 3810), and a bridge on which no router asks for that tells all its
 * ports: with 200 pods, four milliseconds of a processor for each new one.  Addresses of one
 * link matter to what switches (the bridge itself, whatever is behind ports that are no pods'),
 * and a pod may route, but not switch.
 */
#include "cni/firewall/firewall.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/netfilter_bridge.h>

#include "cni/netlink/link.h"
#include "cni/nftables/nft_expression.h"

#define TYPE2(a, b)        ((a) << 6 | (b))
#define REPORT_RECORDS_MAX 2 /* of a pod that has an IPv6 address of its network */

static void begin(struct nft_rule *rule, struct netlink_batch *batch, const char *chain,
		  uint16_t type)
{
	static const struct nft_field ether_type = { NFT_PAYLOAD_LL_HEADER, 12, 2 };
	uint16_t wanted = htons(type);

	nft_rule_begin(rule, batch, &firewall_bridge, chain);
	nft_load(rule, &ether_type, 0);
	nft_is(rule, &wanted, sizeof(wanted), 0);
}

static void accept_own(struct netlink_batch *batch, uint16_t type, const struct nft_field *source,
		       const char *set)
{
	struct nft_rule rule;

	begin(&rule, batch, "pod", type);
	nft_meta(&rule, NFT_META_IIFNAME, 0);
	nft_load(&rule, source, 4);
	nft_in_set(&rule, set, 0, false);
	nft_accept(&rule);
	nft_rule_end(&rule);
}

/* mask NULL: all bits count. */
static void accept_always(struct netlink_batch *batch, uint16_t type,
			  const struct nft_field *source, const unsigned char *mask,
			  const unsigned char *address)
{
	struct nft_rule rule;

	begin(&rule, batch, "pod", type);
	nft_load(&rule, source, 0);
	if (mask != NULL)
		nft_mask_bytes(&rule, mask, source->bytes, 0);
	nft_is(&rule, address, source->bytes, 0);
	nft_accept(&rule);
	nft_rule_end(&rule);
}

static void match_group(struct nft_rule *rule, uint32_t key)
{
	nft_meta(rule, key, 0);
	nft_mask(rule, LINK_GROUP_POD_MASK, 0);
	nft_is_u32(rule, LINK_GROUP_POD, 0);
}

static void put_entry(struct netlink_batch *batch)
{
	static const struct nft_field mac = { NFT_PAYLOAD_LL_HEADER, 6, 6 };
	struct nft_rule rule;

	nft_rule_begin(&rule, batch, &firewall_bridge, "sources");
	match_group(&rule, NFT_META_IIFGROUP);
	nft_jump(&rule, "pod");
	nft_rule_end(&rule);

	nft_rule_begin(&rule, batch, &firewall_bridge, "pod");
	nft_meta(&rule, NFT_META_IIFNAME, 0);
	nft_load(&rule, &mac, 4);
	nft_in_set(&rule, "macs", 0, true);
	nft_drop(&rule);
	nft_rule_end(&rule);
}

static void put_exit(struct netlink_batch *batch)
{
	struct nft_rule rule;

	nft_rule_begin(&rule, batch, &firewall_bridge, "pod");
	nft_drop(&rule);
	nft_rule_end(&rule);
}

/* A record without sources is of 20 bytes; the first one begins 8 bytes after the report. */
static void match_link_scope(struct nft_rule *rule, uint32_t record)
{
	const struct nft_field sources = { NFT_PAYLOAD_TRANSPORT_HEADER, 9 + 20 * record, 3 },
			       address = { NFT_PAYLOAD_TRANSPORT_HEADER, 12 + 20 * record, 2 };
	static const unsigned char none[3], link_scope[2] = { 0xff, 0x02 };

	nft_load(rule, &sources, 0);
	nft_is(rule, none, sizeof(none), 0);
	nft_load(rule, &address, 0);
	nft_is(rule, link_scope, sizeof(link_scope), 0);
}

static void put_report(struct netlink_batch *batch, uint8_t records)
{
	static const struct nft_field to = { NFT_PAYLOAD_NETWORK_HEADER, 24, 16 },
				      count = { NFT_PAYLOAD_TRANSPORT_HEADER, 6, 2 };
	static const unsigned char routers[16] = { 0xff, 0x02, [15] = 0x16 };
	const unsigned char wanted[2] = { 0, records };
	struct nft_rule rule;

	begin(&rule, batch, "reports", ETH_P_IPV6);
	nft_load(&rule, &to, 0);
	nft_is(&rule, routers, sizeof(routers), 0);
	nft_load(&rule, &count, 0);
	nft_is(&rule, wanted, sizeof(wanted), 0);
	for (uint32_t i = 0; i < records; i++)
		match_link_scope(&rule, i);
	match_group(&rule, NFT_META_OIFGROUP);
	nft_drop(&rule);
	nft_rule_end(&rule);
}

void firewall_put_bridge(struct netlink_batch *batch)
{
	static const struct nft_set sets[] = {
		{ .name = "macs",
		  .key_type = TYPE2(NFT_TYPE_IFNAME, NFT_TYPE_ETHER),
		  .key_bytes = IFNAMSIZ + 8 },
		{ .name = "addresses4",
		  .key_type = TYPE2(NFT_TYPE_IFNAME, NFT_TYPE_IPV4),
		  .key_bytes = IFNAMSIZ + 4 },
		{ .name = "addresses6",
		  .key_type = TYPE2(NFT_TYPE_IFNAME, NFT_TYPE_IPV6),
		  .key_bytes = IFNAMSIZ + 16 },
	};
	static const struct nft_chain chains[] = {
		{ "sources", "filter", NF_BR_PRE_ROUTING, -290 },
		{ .name = "pod" },
		{ "reports", "filter", NF_BR_FORWARD, -290 },
	};
	static const struct nft_field arp = { NFT_PAYLOAD_NETWORK_HEADER, 14, 4 };
	static const struct nft_field ipv4 = { NFT_PAYLOAD_NETWORK_HEADER, 12, 4 };
	static const struct nft_field ipv6 = { NFT_PAYLOAD_NETWORK_HEADER, 8, 16 };
	static const unsigned char none[16], link_local_mask[16] = { 0xff, 0xc0 },
					     link_local[16] = { 0xfe, 0x80 };

	nft_add_table(batch, &firewall_bridge);
	for (size_t i = 0; i < ARRAY_LENGTH(sets); i++)
		nft_add_set(batch, &firewall_bridge, &sets[i]);
	for (size_t i = 0; i < ARRAY_LENGTH(chains); i++)
		nft_add_chain(batch, &firewall_bridge, &chains[i]);
	put_entry(batch);
	accept_own(batch, ETH_P_ARP, &arp, "addresses4");
	accept_always(batch, ETH_P_ARP, &arp, NULL, none);
	accept_own(batch, ETH_P_IP, &ipv4, "addresses4");
	accept_always(batch, ETH_P_IP, &ipv4, NULL, none);
	accept_own(batch, ETH_P_IPV6, &ipv6, "addresses6");
	accept_always(batch, ETH_P_IPV6, &ipv6, link_local_mask, link_local);
	accept_always(batch, ETH_P_IPV6, &ipv6, NULL, none);
	put_exit(batch);
	for (uint8_t i = 1; i <= REPORT_RECORDS_MAX; i++)
		put_report(batch, i);
}
