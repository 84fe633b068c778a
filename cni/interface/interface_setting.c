/* SPDX-License-Identifier: Apache-2.0 */
#include "cni/interface/interface_setting.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/parse.h"

#define PATH_SIZE  128
#define VALUE_SIZE 16

/*
 * Opened once for all that is done there: each namespace has a directory of that name in the same
 * /proc/sys/net, and the kernel goes through all of them until it finds ours.
 */
static int open_directory(int family, const char *interface)
{
	char path[PATH_SIZE];

	(void)snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/%s",
		       family == AF_INET6 ? "ipv6" : "ipv4", interface);
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static const char *path_of(int family, const char *interface, const char *setting,
			   char path[PATH_SIZE])
{
	(void)snprintf(path, PATH_SIZE, "/proc/sys/net/%s/conf/%s/%s",
		       family == AF_INET6 ? "ipv6" : "ipv4", interface, setting);
	return path;
}

/* Reads through the fd without its newline. */
static ssize_t read_value(int fd, char value[VALUE_SIZE])
{
	ssize_t n = read(fd, value, VALUE_SIZE - 1);

	if (n < 0)
		return -errno;
	while (n > 0 && value[n - 1] == '\n')
		n--;
	value[n] = '\0';
	return n;
}

int interface_setting_read(int family, const char *interface, const char *setting)
{
	char path[PATH_SIZE], value[VALUE_SIZE];
	auto_close int fd = open(path_of(family, interface, setting, path), O_RDONLY | O_CLOEXEC);
	uint32_t number;

	if (fd < 0)
		return -errno;
	if (read_value(fd, value) < 0 || parse_u32(value, INT32_MAX, &number) < 0)
		return -EIO;
	return (int)number;
}

int interface_setting_write(int family, const char *interface, const char *setting,
			    const char *value, struct error *err)
{
	char path[PATH_SIZE], old[VALUE_SIZE];
	auto_close int directory = open_directory(family, interface);
	auto_close int reader = FD_NONE, fd = FD_NONE;

	(void)path_of(family, interface, setting, path);
	if (directory >= 0)
		reader = openat(directory, setting, O_RDONLY | O_CLOEXEC);
	if (reader < 0)
		return error_from_errno(err, "opening %s", path);
	if (read_value(reader, old) >= 0 && strcmp(old, value) == 0)
		return 0;
	fd = openat(directory, setting, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		return error_from_errno(err, "writing %s to %s", value, path);
	return 0;
}

int interface_setting_write_if_there(int family, const char *interface, const char *setting,
				     const char *value, struct error *err)
{
	int r = interface_setting_write(family, interface, setting, value, err);

	if (r != -ENOENT)
		return r;
	error_clear(err);
	return 0;
}
