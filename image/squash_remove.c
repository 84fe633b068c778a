/* SPDX-License-Identifier: Apache-2.0 */
#include "image/squash_remove.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/cleanup.h"
#include "common/kernel/tree_remove.h"

static bool is_made(const struct squash_removal *removal)
{
	return name_table_get(removal->made, removal->path, strlen(removal->path)) != NAME_ABSENT;
}

/* A directory with something of the current layer in it. */
static int thin_out(struct squash_removal *removal, int dir_fd, const char *last, struct error *err)
{
	auto_close int fd = openat(dir_fd, last, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat before;
	int r;

	/* No directory: what is there is the current layer's. */
	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP || errno == ENOENT))
		return 0;
	if (fd < 0 || fstat(fd, &before) < 0)
		return error_from_errno(err, "opening %s", last);
	r = squash_remove_all_lower(removal, fd, err);
	if (r < 0)
		return r;
	if (futimens(fd, (const struct timespec[2]){ before.st_atim, before.st_mtim }) < 0)
		return error_from_errno(err, "setting the time of %s", last);
	return 0;
}

/* As squash_remove_lower(), but 1 when something is gone. */
static int remove_one(struct squash_removal *removal, int dir_fd, const char *last,
		      struct error *err)
{
	size_t length = strlen(removal->path);
	size_t n = strlen(last);
	bool made;
	int r;

	if (length + 1 + n > ENTRY_NAME_MAX_BYTES)
		return error_set(err, EINVAL, "what it takes away has too long a name");
	(void)snprintf(removal->path + length, sizeof(removal->path) - length, "%s%s",
		       length > 0 ? "/" : "", last);
	made = is_made(removal);
	r = made ? thin_out(removal, dir_fd, last, err) : tree_remove(dir_fd, last, err);
	removal->path[length] = '\0';
	return r < 0 ? r : !made;
}

/* Recursion is as deep as names may be: ENTRY_NAME_MAX_DEPTH, and the fds that are left. */
int squash_remove_lower(struct squash_removal *removal, int dir_fd, const char *last,
			struct error *err)
{
	int r = remove_one(removal, dir_fd, last, err);

	return r < 0 ? r : 0;
}

/* One pass over a directory; 1: something is gone, and something may have been missed. */
static int remove_each(struct squash_removal *removal, DIR *directory, struct error *err)
{
	const struct dirent *entry;
	int gone = 0;

	rewinddir(directory);
	while (errno = 0, (entry = readdir(directory)) != NULL) {
		int r;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		r = remove_one(removal, dirfd(directory), entry->d_name, err);
		if (r < 0)
			return r;
		gone |= r;
	}
	return errno != 0 ? error_from_errno(err, "reading a directory of a lower layer") : gone;
}

int squash_remove_all_lower(struct squash_removal *removal, int dir_fd, struct error *err)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_dir DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	int r;

	if (directory == NULL) {
		r = error_from_errno(err, "reading a directory of a lower layer");
		cleanup_close(&fd);
		return r;
	}
	do
		r = remove_each(removal, directory, err);
	while (r > 0);
	return r;
}
