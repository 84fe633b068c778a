/* SPDX-License-Identifier: Apache-2.0 */
#include "common/network/tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_tun.h>
#include <linux/pkt_cls.h>
#include <linux/tc_act/tc_mirred.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/network/rtnetlink.h"

static int start(const char *name, unsigned mtu, struct error *err)
{
	struct ifinfomsg header = { .ifi_flags = IFF_UP,
				    .ifi_change = IFF_UP,
				    .ifi_index = (int)if_nametoindex(name) };
	struct rtnetlink_message message;
	auto_close int fd = FD_NONE;
	int r = rtnetlink_open(&fd, err);

	if (r < 0)
		return r;
	rtnetlink_begin(&message, RTM_NEWLINK, 0, &header, sizeof(header));
	rtnetlink_put(&message, IFLA_MTU, &mtu, sizeof(mtu));
	r = rtnetlink_ask(fd, &message, err);
	return r < 0 ? error_prefix(err, "starting the interface %s", name) : 0;
}

int tap_open(const char *name, unsigned mtu, int *ret_fd, struct error *err)
{
	auto_close int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int r;

	if (fd < 0)
		return error_from_errno(err, "opening /dev/net/tun");
	(void)snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(fd, TUNSETIFF, &request) < 0)
		return error_from_errno(err, "making the interface %s", name);
	r = start(name, mtu, err);
	if (r == 0)
		*ret_fd = take_fd(&fd);
	return r;
}

static int add_ingress(int fd, unsigned index, struct error *err)
{
	const struct tcmsg header = { .tcm_family = AF_UNSPEC,
				      .tcm_ifindex = (int)index,
				      .tcm_handle = TC_H_MAKE(TC_H_INGRESS, 0),
				      .tcm_parent = TC_H_INGRESS };
	struct rtnetlink_message message;
	int r;

	rtnetlink_begin(&message, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof(header));
	rtnetlink_put(&message, TCA_KIND, "ingress", sizeof("ingress"));
	r = rtnetlink_ask(fd, &message, err);
	if (r != -EEXIST) /* a plugin that shapes traffic has made one */
		return r;
	error_clear(err);
	return 0;
}

/* Frames of a protocol that come into an interface, as far as all keys fit, leave by another. */
struct passage {
	unsigned from, to;
	uint16_t protocol, priority; /* the lowest first */
	const struct tc_u32_key *keys;
	unsigned char n_keys;
	bool is_shared; /* the host's own protocols get them as well */
};

enum { MAX_KEYS = 3 };

static void put_action(struct rtnetlink_message *message, const struct passage *passage)
{
	const struct tc_mirred mirred = { .action = passage->is_shared ? TC_ACT_OK : TC_ACT_STOLEN,
					  .eaction = passage->is_shared ? TCA_EGRESS_MIRROR
									: TCA_EGRESS_REDIR,
					  .ifindex = passage->to };
	size_t actions = rtnetlink_begin_nested(message, TCA_U32_ACT);
	size_t first = rtnetlink_begin_nested(message, 1);
	size_t options;

	rtnetlink_put(message, TCA_ACT_KIND, "mirred", sizeof("mirred"));
	options = rtnetlink_begin_nested(message, TCA_ACT_OPTIONS);
	rtnetlink_put(message, TCA_MIRRED_PARMS, &mirred, sizeof(mirred));
	rtnetlink_end_nested(message, options);
	rtnetlink_end_nested(message, first);
	rtnetlink_end_nested(message, actions);
}

static int open_passage(int fd, const struct passage *passage, struct error *err)
{
	const struct tc_u32_sel selector = { .flags = TC_U32_TERMINAL, .nkeys = passage->n_keys };
	const size_t key_bytes = passage->n_keys * sizeof(struct tc_u32_key);
	unsigned char all[sizeof(selector) + MAX_KEYS * sizeof(struct tc_u32_key)];
	const struct tcmsg header = { .tcm_family = AF_UNSPEC,
				      .tcm_ifindex = (int)passage->from,
				      .tcm_parent = TC_H_MAKE(TC_H_INGRESS, 0),
				      .tcm_info = TC_H_MAKE((uint32_t)passage->priority << 16,
							    htons(passage->protocol)) };
	struct rtnetlink_message message;
	size_t options;

	memcpy(all, &selector, sizeof(selector));
	memcpy(all + sizeof(selector), passage->keys, key_bytes);
	rtnetlink_begin(&message, RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, &header,
			sizeof(header));
	rtnetlink_put(&message, TCA_KIND, "u32", sizeof("u32"));
	options = rtnetlink_begin_nested(&message, TCA_OPTIONS);
	rtnetlink_put(&message, TCA_U32_SEL, all, sizeof(selector) + key_bytes);
	put_action(&message, passage);
	rtnetlink_end_nested(&message, options);
	return rtnetlink_ask(fd, &message, err);
}

static int redirect(int fd, unsigned from, unsigned to, struct error *err)
{
	/* One key that every frame has: no bit of it counts. */
	static const struct tc_u32_key every[] = { { 0 } };
	const struct passage all = { .from = from,
				     .to = to,
				     .protocol = ETH_P_ALL,
				     .priority = 2,
				     .keys = every,
				     .n_keys = ARRAY_LENGTH(every) };

	return open_passage(fd, &all, err);
}

/* UDP to port 68 in a header of 20 bytes, as it is without options. */
static int share_dhcp(int fd, unsigned from, unsigned to, struct error *err)
{
	const struct tc_u32_key dhcp[MAX_KEYS] = {
		{ .mask = htonl(0x0f000000), .val = htonl(0x05000000), .off = 0 },
		{ .mask = htonl(0x00ff0000), .val = htonl(IPPROTO_UDP << 16), .off = 8 },
		{ .mask = htonl(0x0000ffff), .val = htonl(68), .off = 20 },
	};
	const struct passage answers = { .from = from,
					 .to = to,
					 .protocol = ETH_P_IP,
					 .priority = 1,
					 .keys = dhcp,
					 .n_keys = MAX_KEYS,
					 .is_shared = true };

	return open_passage(fd, &answers, err);
}

int tap_connect(const char *tap, const char *interface, struct error *err)
{
	unsigned ends[2] = { if_nametoindex(tap), if_nametoindex(interface) };
	auto_close int fd = FD_NONE;
	int r = rtnetlink_open(&fd, err);

	for (size_t i = 0; r == 0 && i < 2; i++) {
		r = add_ingress(fd, ends[i], err);
		if (r == 0)
			r = redirect(fd, ends[i], ends[1 - i], err);
	}
	if (r == 0)
		r = share_dhcp(fd, ends[1], ends[0], err);
	return r < 0 ? error_prefix(err, "connecting %s to %s", tap, interface) : 0;
}
