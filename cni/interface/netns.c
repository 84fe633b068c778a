/* SPDX-License-Identifier: Apache-2.0 */
#include "cni/interface/netns.h"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"

#define SOCKETS_OF_IPV6   "/proc/thread-self/net/sockstat6" /* not there without IPv6 */
#define SOCKETS_MAX_BYTES ((size_t)4096)

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

/* "TCP: inuse 0 orphan …": the first number is the namespace's. */
static bool has_sockets(const char *file, const char *heading)
{
	auto_text struct text text = { 0 };
	struct error ignored = { 0 };
	const char *line;

	if (file_read_at(AT_FDCWD, file, SOCKETS_MAX_BYTES, &text, &ignored) < 0)
		return true;
	line = strstr(text_string(&text), heading);
	return line == NULL || line[strlen(heading)] != '0';
}

bool netns_has_connections(void)
{
	return has_sockets("/proc/thread-self/net/sockstat", "\nTCP: inuse ") ||
	       (access(SOCKETS_OF_IPV6, F_OK) == 0 && has_sockets(SOCKETS_OF_IPV6, "TCP6: inuse "));
}
