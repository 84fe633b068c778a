/* SPDX-License-Identifier: Apache-2.0 */
#include "cni/interface/netns.h"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

int netns_open(const char *path, int *ret_fd, struct error *err)
{
	/* Not O_PATH, which has no ioctl(); a FIFO must not hold us up. */
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int type;

	if (fd < 0 && errno != ENOENT && errno != ENOTDIR)
		return error_from_errno(err, "opening the network namespace %s", path);
	type = fd >= 0 ? ioctl(fd, NS_GET_NSTYPE) : -1;
	if (type != CLONE_NEWNET)
		return error_set(err, ENOENT, "%s: no network namespace is there", path);
	*ret_fd = take_fd(&fd);
	return 0;
}

int netns_open_own(int *ret_fd, struct error *err)
{
	return netns_open("/proc/self/ns/net", ret_fd, err);
}

int netns_check_differ(int netns, int other, struct error *err)
{
	struct stat a, b;

	if (fstat(netns, &a) < 0 || fstat(other, &b) < 0)
		return error_from_errno(err, "looking at a network namespace");
	if (a.st_dev == b.st_dev && a.st_ino == b.st_ino)
		return error_set(err, EINVAL, "the pod's network namespace is the host's");
	return 0;
}

int netns_enter(int netns, struct error *err)
{
	if (setns(netns, CLONE_NEWNET) < 0)
		return error_from_errno(err, "entering a network namespace");
	return 0;
}
