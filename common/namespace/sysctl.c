/* SPDX-License-Identifier: Apache-2.0 */
#include "common/namespace/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/kernel/path_in_root.h"

#define SYSCTL_KEY_MAX 255

/* "net.ipv4.conf.eth0/1.x" is the file net/ipv4/conf/eth0.1/x. */
static int path_of_key(const char *key, char path[SYSCTL_KEY_MAX + 1])
{
	size_t length = strlen(key);

	if (length == 0 || length > SYSCTL_KEY_MAX)
		return -EINVAL;
	for (size_t i = 0; i <= length; i++) {
		path[i] = key[i];
		if (key[i] == '.')
			path[i] = '/';
		else if (key[i] == '/')
			path[i] = '.';
	}
	return 0;
}

int sysctl_write(const char *key, const char *value, struct error *err)
{
	char path[SYSCTL_KEY_MAX + 1];
	auto_close int root = FD_NONE;
	auto_close int file = FD_NONE;
	size_t length = strlen(value);
	int r;

	if (path_of_key(key, path) < 0)
		return error_set(err, EINVAL, "setting the sysctl %.64s: not a key", key);
	root = open("/proc/sys", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return error_from_errno(err, "opening /proc/sys");
	r = path_open(root, path, O_WRONLY, &file, err);
	if (r < 0)
		return error_prefix(err, "setting the sysctl %s", key);
	if (write(file, value, length) != (ssize_t)length)
		return error_from_errno(err, "setting the sysctl %s to \"%s\"", key, value);
	return 0;
}
