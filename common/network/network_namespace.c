/* SPDX-License-Identifier: Apache-2.0 */
#include "common/network/network_namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/cleanup.h"

/* <linux/ipv6.h> cannot be had together with <netinet/in.h>. */
struct in6_request {
	struct in6_addr address;
	uint32_t prefix_length;
	int interface;
};

int network_namespace_of(pid_t pid, int *ret_fd, struct error *err)
{
	char path[64];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_from_errno(err, "opening the network namespace of process %d",
					(int)pid);
	*ret_fd = fd;
	return 0;
}

static int return_to(int own, struct error *err)
{
	return setns(own, CLONE_NEWNET) < 0
		   ? error_from_errno(err, "returning to the own network namespace")
		   : 0;
}

int network_namespace_make(int *ret_fd, struct error *err)
{
	auto_close int own = FD_NONE, made = FD_NONE;
	int r = network_namespace_of(getpid(), &own, err);

	if (r < 0)
		return r;
	if (unshare(CLONE_NEWNET) < 0)
		return error_from_errno(err, "making a network namespace");
	r = network_namespace_of(getpid(), &made, err);
	if (return_to(own, err) < 0 || r < 0)
		return -err->code;
	*ret_fd = take_fd(&made);
	return 0;
}

static int make_tap(const char *name, struct error *err)
{
	auto_close int tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI };

	if (tun < 0)
		return error_from_errno(err, "opening /dev/net/tun");
	(void)snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(tun, TUNSETIFF, &request) < 0 || ioctl(tun, TUNSETPERSIST, 1) < 0)
		return error_from_errno(err, "making the interface %s", name);
	return 0;
}

static int add_ipv4(int fd, const char *name, const struct stand_in_address *address)
{
	struct sockaddr_in value = { .sin_family = AF_INET };
	struct ifreq request = { 0 };

	(void)snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	memcpy(&value.sin_addr, address->bytes, sizeof(value.sin_addr));
	memcpy(&request.ifr_addr, &value, sizeof(value));
	if (ioctl(fd, SIOCSIFADDR, &request) < 0)
		return -errno;
	value.sin_addr.s_addr =
	    address->length == 0 ? 0 : htonl(UINT32_MAX << (32 - address->length));
	memcpy(&request.ifr_netmask, &value, sizeof(value));
	return ioctl(fd, SIOCSIFNETMASK, &request) < 0 ? -errno : 0;
}

static int add_ipv6(int fd, const char *name, const struct stand_in_address *address)
{
	struct in6_request request = { .prefix_length = address->length,
				       .interface = (int)if_nametoindex(name) };

	memcpy(&request.address, address->bytes, sizeof(request.address));
	return ioctl(fd, SIOCSIFADDR, &request) < 0 ? -errno : 0;
}

static int add_address(const char *name, const struct stand_in_address *address, struct error *err)
{
	auto_close int fd = socket(address->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int r;

	if (fd < 0)
		return error_from_errno(err, "opening a socket");
	r = address->family == AF_INET ? add_ipv4(fd, name, address) : add_ipv6(fd, name, address);
	return r < 0 ? error_set(err, -r, "giving %s an address: %s", name, strerror(-r)) : 0;
}

int network_namespace_call(int fd, int (*function)(void *context, struct error *err), void *context,
			   struct error *err)
{
	auto_close int own = FD_NONE;
	int r = network_namespace_of(getpid(), &own, err);

	if (r < 0)
		return r;
	if (setns(fd, CLONE_NEWNET) < 0)
		return error_from_errno(err, "entering a network namespace");
	r = function(context, err);
	return return_to(own, err) < 0 ? -err->code : r;
}

struct stand_in {
	const char *name;
	const struct stand_in_address *addresses;
	size_t n;
};

static int make_stand_in(void *context, struct error *err)
{
	const struct stand_in *wanted = context;
	int r = make_tap(wanted->name, err);

	for (size_t i = 0; r == 0 && i < wanted->n; i++)
		r = add_address(wanted->name, &wanted->addresses[i], err);
	return r;
}

int network_namespace_add_stand_in(int fd, const char *name,
				   const struct stand_in_address *addresses, size_t n,
				   struct error *err)
{
	struct stand_in wanted = { .name = name, .addresses = addresses, .n = n };

	return network_namespace_call(fd, make_stand_in, &wanted, err);
}
