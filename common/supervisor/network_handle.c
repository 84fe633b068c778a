/* SPDX-License-Identifier: Apache-2.0 */
#include "common/supervisor/network_handle.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/uuid.h"
#include "common/network/network_namespace.h"

#define PREFIX         "cni-"
#define MAX_ADDRESSES  64
#define FILE_PATH_SIZE 40 /* "/proc/PID/fd/N" */

static void name_link(const char *uuid, char path[NETWORK_HANDLE_PATH_SIZE])
{
	(void)snprintf(path, NETWORK_HANDLE_PATH_SIZE, NETWORK_HANDLE_DIRECTORY "/" PREFIX "%.36s",
		       uuid);
}

static void name_file(int fd, char path[FILE_PATH_SIZE])
{
	(void)snprintf(path, FILE_PATH_SIZE, "/proc/%d/fd/%d", (int)getpid(), fd);
}

void network_handle_unlink(const char *uuid)
{
	char path[NETWORK_HANDLE_PATH_SIZE];
	struct stat st;

	if (!uuid_is_valid(uuid))
		return;
	name_link(uuid, path);
	if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode))
		(void)unlink(path);
}

const char *network_handle_uuid(const char *name)
{
	const char *uuid = name + strlen(PREFIX);

	return strncmp(name, PREFIX, strlen(PREFIX)) == 0 && uuid_is_valid(uuid) ? uuid : NULL;
}

int network_handle_open_consume(int fd, const char *uuid, struct network_handle *ret,
				struct error *err)
{
	struct network_handle handle = { .fd = fd };
	char file[FILE_PATH_SIZE];

	if (!uuid_is_valid(uuid)) {
		network_handle_release(&handle);
		return error_set(err, EINVAL, "naming a network namespace: \"%s\" is no UUID",
				 uuid);
	}
	name_file(fd, file);
	name_link(uuid, handle.path);
	network_handle_unlink(uuid);
	(void)mkdir(NETWORK_HANDLE_DIRECTORY, 0755);
	if (symlink(file, handle.path) < 0)
		memcpy(handle.path, file, sizeof(file));
	*ret = handle;
	return 0;
}

int network_handle_make_stand_in(const char *interface, const struct cni_result *result,
				 struct network_handle *ret, struct error *err)
{
	struct stand_in_address addresses[MAX_ADDRESSES];
	struct network_handle handle = NETWORK_HANDLE_NONE;
	char file[FILE_PATH_SIZE];
	size_t n = 0;
	int r;

	for (size_t i = 0; i < result->n_ips && n < MAX_ADDRESSES; i++) {
		const struct ip_prefix *ip = &result->ips[i].address;

		addresses[n] =
		    (struct stand_in_address){ .family = ip->address.family, .length = ip->length };
		memcpy(addresses[n++].bytes, ip->address.bytes, sizeof(addresses[0].bytes));
	}
	r = network_namespace_make(&handle.fd, err);
	if (r == 0)
		r = network_namespace_add_stand_in(handle.fd, interface, addresses, n, err);
	if (r < 0) {
		network_handle_release(&handle);
		return r;
	}
	name_file(handle.fd, file);
	memcpy(handle.path, file, sizeof(file));
	*ret = handle;
	return 0;
}

bool network_handle_is_named(const struct network_handle *handle)
{
	return strncmp(handle->path, NETWORK_HANDLE_DIRECTORY "/",
		       sizeof(NETWORK_HANDLE_DIRECTORY)) == 0;
}

void network_handle_release(struct network_handle *handle)
{
	cleanup_close(&handle->fd);
	handle->path[0] = '\0';
}
