/* SPDX-License-Identifier: Apache-2.0 */
#include "common/network/veth.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "common/base/cleanup.h"
#include "common/network/rtnetlink.h"

#define MAC_TEXT_SIZE 18

static bool has_mac(int fd, const char *name, const char *mac)
{
	struct ifreq request = { 0 };
	unsigned char bytes[6];
	char text[MAC_TEXT_SIZE];

	(void)snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(fd, SIOCGIFHWADDR, &request) < 0)
		return false;
	memcpy(bytes, request.ifr_hwaddr.sa_data, sizeof(bytes));
	(void)snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", bytes[0], bytes[1],
		       bytes[2], bytes[3], bytes[4], bytes[5]);
	return strcasecmp(text, mac) == 0;
}

static bool is_veth(int fd, const char *name)
{
	struct ethtool_drvinfo driver = { .cmd = ETHTOOL_GDRVINFO };
	struct ifreq request = { .ifr_data = (void *)&driver };

	(void)snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	return ioctl(fd, SIOCETHTOOL, &request) == 0 && strcmp(driver.driver, "veth") == 0;
}

static int remove_link(const char *name, struct error *err)
{
	const struct ifinfomsg header = { .ifi_family = AF_UNSPEC };
	struct rtnetlink_message message;
	auto_close int fd = FD_NONE;
	int r = rtnetlink_open(&fd, err);

	if (r < 0)
		return r;
	rtnetlink_begin(&message, RTM_DELLINK, 0, &header, sizeof(header));
	rtnetlink_put(&message, IFLA_IFNAME, name, strlen(name) + 1);
	r = rtnetlink_ask(fd, &message, err);
	if (r != -ENODEV) /* otherwise the kernel was quicker */
		return r;
	error_clear(err);
	return 0;
}

int veth_remove(const char *name, const char *mac, struct error *err)
{
	auto_close int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int r;

	if (fd < 0)
		return error_from_errno(err, "opening a socket");
	if (strlen(name) >= IFNAMSIZ || !is_veth(fd, name) ||
	    (mac != NULL && !has_mac(fd, name, mac)))
		return 0;
	r = remove_link(name, err);
	return r < 0 ? error_prefix(err, "removing the interface %s", name) : 0;
}
