/* SPDX-License-Identifier: Apache-2.0 */
#include "cni/firewall/conntrack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <string.h>

#define N_PORTS 65536

struct search {
	struct netlink_socket removal;
	unsigned char wanted[N_PORTS / 8]; /* a bit for each port */
	bool any;
	struct error *err;
};

static void begin(struct netlink_batch *batch, uint16_t type, uint16_t flags, uint8_t family)
{
	struct nfgenmsg header = { .nfgen_family = family, .version = NFNETLINK_V0 };

	netlink_begin(batch, (uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | type), flags);
	netlink_put_header(batch, &header, sizeof(header));
}

static void want(struct search *search, uint16_t port)
{
	search->wanted[port / 8] |= (unsigned char)(1 << port % 8);
	search->any = true;
}

/* The port that the flow's first packet went to; 0: not UDP. */
static uint16_t destination_port(const struct nlattr *tuple)
{
	const struct nlattr *parts[CTA_TUPLE_PROTO + 1], *fields[CTA_PROTO_DST_PORT + 1];
	const unsigned char *number;
	uint16_t port;

	if (tuple == NULL)
		return 0;
	netlink_parse(netlink_data(tuple), netlink_size(tuple), parts, CTA_TUPLE_PROTO + 1);
	if (parts[CTA_TUPLE_PROTO] == NULL)
		return 0;
	netlink_parse(netlink_data(parts[CTA_TUPLE_PROTO]), netlink_size(parts[CTA_TUPLE_PROTO]),
		      fields, CTA_PROTO_DST_PORT + 1);
	if (fields[CTA_PROTO_NUM] == NULL || netlink_size(fields[CTA_PROTO_NUM]) < 1 ||
	    fields[CTA_PROTO_DST_PORT] == NULL ||
	    netlink_size(fields[CTA_PROTO_DST_PORT]) < sizeof(port))
		return 0;
	number = netlink_data(fields[CTA_PROTO_NUM]);
	memcpy(&port, netlink_data(fields[CTA_PROTO_DST_PORT]), sizeof(port));
	return *number == IPPROTO_UDP ? ntohs(port) : 0;
}

static int forget(struct search *search, uint8_t family, const struct nlattr *tuple)
{
	auto_batch struct netlink_batch batch = { 0 };
	int r;

	begin(&batch, IPCTNL_MSG_CT_DELETE, 0, family);
	netlink_put(&batch, CTA_TUPLE_ORIG | NLA_F_NESTED, netlink_data(tuple),
		    netlink_size(tuple));
	netlink_end(&batch, "forgetting a flow");
	r = netlink_do(&search->removal, &batch, search->err);
	if (r != -ENOENT) /* it may have ended by itself */
		return r;
	error_clear(search->err);
	return 0;
}

static int see_flow(const struct nlmsghdr *message, void *context)
{
	const struct nfgenmsg *header = NLMSG_DATA(message);
	const struct nlattr *attributes[CTA_STATUS + 1];
	struct search *search = context;
	uint32_t status;
	uint16_t port;

	if ((message->nlmsg_type & 0xff) != IPCTNL_MSG_CT_NEW)
		return 0;
	netlink_parse(header + 1, NLMSG_PAYLOAD(message, sizeof(*header)), attributes,
		      CTA_STATUS + 1);
	port = destination_port(attributes[CTA_TUPLE_ORIG]);
	if (port == 0 || (search->wanted[port / 8] & 1 << port % 8) == 0)
		return 0;
	/* Masqueraded, but led nowhere: somebody's question to a server outside. */
	status = ntohl(netlink_u32(attributes[CTA_STATUS]));
	if ((status & IPS_SRC_NAT) != 0 && (status & IPS_DST_NAT) == 0)
		return 0;
	return forget(search, header->nfgen_family, attributes[CTA_TUPLE_ORIG]);
}

static int forget_wanted(struct search *search)
{
	auto_netlink struct netlink_socket socket = NETLINK_SOCKET_NONE;
	auto_batch struct netlink_batch batch = { 0 };
	int r = netlink_open(NETLINK_NETFILTER, &socket, search->err);

	if (r == 0)
		r = netlink_open(NETLINK_NETFILTER, &search->removal, search->err);
	begin(&batch, IPCTNL_MSG_CT_GET, NLM_F_DUMP, AF_UNSPEC);
	netlink_end(&batch, "listing flows");
	if (r == 0)
		r = netlink_call(&socket, &batch, see_flow, search, search->err);
	netlink_close(&search->removal);
	return r;
}

int conntrack_forget_udp(const struct firewall_port *ports, size_t n, struct error *err)
{
	struct search search = { .removal = NETLINK_SOCKET_NONE, .err = err };

	for (size_t i = 0; i < n; i++)
		if (ports[i].protocol == IPPROTO_UDP)
			want(&search, ports[i].host_port);
	return search.any ? forget_wanted(&search) : 0;
}
