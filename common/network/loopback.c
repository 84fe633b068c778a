/* SPDX-License-Identifier: Apache-2.0 */
#include "common/network/loopback.h"

#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "common/base/cleanup.h"

int loopback_bring_up(struct error *err)
{
	auto_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = { .ifr_name = "lo" };

	if (fd < 0)
		return error_from_errno(err, "bringing up lo");
	if (ioctl(fd, SIOCGIFFLAGS, &request) < 0)
		return error_from_errno(err, "looking at lo");
	if ((request.ifr_flags & IFF_UP) != 0)
		return 0;
	request.ifr_flags |= IFF_UP;
	if (ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		return error_from_errno(err, "bringing up lo");
	return 0;
}
