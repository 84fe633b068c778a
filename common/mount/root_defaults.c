/* SPDX-License-Identifier: Apache-2.0 */
#include "common/mount/root_defaults.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/kernel/path_in_root.h"

/* Opens or makes a directory; 1: what is there is none, and nothing can be done below it. */
static int need_directory(int root_fd, const char *path, mode_t mode, int *ret_fd,
			  struct error *err)
{
	const struct path_owner owner = { .mode = mode };
	int r = path_make_directory(root_fd, path, &owner, ret_fd, err);

	if (r != -ENOTDIR && r != -ELOOP)
		return r;
	error_clear(err);
	return 1;
}

static int make_mtab(int root_fd, struct error *err)
{
	auto_close int etc = FD_NONE;
	int r = need_directory(root_fd, "/etc", 0755, &etc, err);

	if (r != 0)
		return r < 0 ? r : 0;
	if (symlinkat("../proc/self/mounts", etc, "mtab") < 0 && errno != EEXIST)
		return error_from_errno(err, "making /etc/mtab");
	return 0;
}

int root_defaults_make(int root_fd, struct error *err)
{
	auto_close int tmp = FD_NONE;
	int r = need_directory(root_fd, "/tmp", 01777, &tmp, err);

	return r < 0 ? r : make_mtab(root_fd, err);
}
