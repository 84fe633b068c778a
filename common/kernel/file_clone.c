/* SPDX-License-Identifier: Apache-2.0 */
#include "common/kernel/file_clone.h"

#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"

#define CHUNK ((size_t)128 << 10)

/* No further than size: somebody may be writing on while it is read. */
static int copy_by_hand(int from, int to, off_t size)
{
	auto_free char *buffer = malloc(CHUNK);

	if (buffer == NULL)
		return -ENOMEM;
	while (size > 0) {
		ssize_t n = read(from, buffer, size < (off_t)CHUNK ? (size_t)size : CHUNK);
		int r;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		r = file_write_fd(to, buffer, (size_t)n);
		if (r < 0)
			return r;
		size -= n;
	}
	return 0;
}

/* Both go on from the descriptors' positions, so one may take over from the other. */
static int copy_in_kernel(int from, int to, off_t *size)
{
	while (*size > 0) {
		ssize_t n = copy_file_range(from, NULL, to, NULL, (size_t)*size, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		*size -= n;
	}
	return 0;
}

int file_clone_content(int from, int to, off_t size)
{
	int r;

	if (size == 0 || ioctl(to, FICLONE, from) == 0)
		return 0;
	r = copy_in_kernel(from, to, &size);
	if (r == -EXDEV || r == -EOPNOTSUPP || r == -ENOSYS || r == -EINVAL)
		r = copy_by_hand(from, to, size);
	return r;
}

static int clone_xattr(int from, int to, const char *name)
{
	auto_free char *value = NULL;
	ssize_t size = fgetxattr(from, name, NULL, 0);

	if (size < 0)
		return errno == ENODATA ? 0 : -errno;
	value = malloc((size_t)size + 1);
	if (value == NULL)
		return -ENOMEM;
	size = fgetxattr(from, name, value, (size_t)size);
	if (size < 0 || fsetxattr(to, name, value, (size_t)size, 0) < 0)
		return -errno;
	return 0;
}

static int clone_xattrs(int from, int to)
{
	auto_free char *names = NULL;
	ssize_t size = flistxattr(from, NULL, 0);

	if (size <= 0)
		return size == 0 || errno == EOPNOTSUPP ? 0 : -errno;
	names = malloc((size_t)size);
	if (names == NULL)
		return -ENOMEM;
	size = flistxattr(from, names, (size_t)size);
	if (size < 0)
		return -errno;
	for (const char *name = names; name < names + size; name += strlen(name) + 1) {
		int r = clone_xattr(from, to, name);

		if (r < 0)
			return r;
	}
	return 0;
}

int file_clone_metadata(int from, int to, const struct stat *st)
{
	const struct timespec times[2] = { st->st_atim, st->st_mtim };
	int r;

	/* The owner first: a new owner takes file capabilities and set-id bits away. */
	if (fchown(to, st->st_uid, st->st_gid) < 0)
		return -errno;
	r = clone_xattrs(from, to);
	if (r < 0)
		return r;
	if (fchmod(to, st->st_mode & 07777) < 0 || futimens(to, times) < 0)
		return -errno;
	return 0;
}
