/* SPDX-License-Identifier: Apache-2.0 */
#include "common/kernel/tree_remove.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "common/base/cleanup.h"
#include "common/kernel/syscall.h"

/* Directories open at a time; deeper ones are moved to the top. */
#define DEPTH_MAX 32

struct removal {
	int top;        /* the tree being removed */
	unsigned moved; /* to give moved directories names of their own */
};

static int open_directory(int dir_fd, const char *name)
{
	struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK,
		.resolve = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};

	return syscall_openat2(dir_fd, name, &how);
}

/* Takes the attributes away that keep root from unlinking; best effort. */
static void free_attributes(int fd)
{
	int flags = 0;

	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0 &&
	    (flags & (FS_IMMUTABLE_FL | FS_APPEND_FL)) != 0) {
		flags &= ~(FS_IMMUTABLE_FL | FS_APPEND_FL);
		(void)ioctl(fd, FS_IOC_SETFLAGS, &flags);
	}
}

static void free_entry(int dir_fd, const char *name)
{
	auto_close int fd = FD_NONE;
	struct stat st;

	/* Only what is safe to open: no device, no pipe. */
	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
		return;
	fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0)
		free_attributes(fd);
}

/* unlinkat() that counts what is gone already as removed; 0 or -errno. */
static int unlink_entry(int dir_fd, const char *name, int flags)
{
	if (unlinkat(dir_fd, name, flags) == 0 || errno == ENOENT)
		return 0;
	if (errno != EPERM)
		return -errno;
	free_attributes(dir_fd);
	free_entry(dir_fd, name);
	if (unlinkat(dir_fd, name, flags) == 0 || errno == ENOENT)
		return 0;
	return -errno;
}

/* Puts a directory that lies too deep right below the top, under a free name. */
static int move_up(struct removal *removal, int dir_fd, const char *name)
{
	for (;;) {
		char to[sizeof(".removing-") + 10];

		(void)snprintf(to, sizeof(to), ".removing-%u", removal->moved++);
		if (renameat2(dir_fd, name, removal->top, to, RENAME_NOREPLACE) == 0)
			return 0;
		if (errno != EEXIST)
			return -errno;
	}
}

static int empty(struct removal *removal, int dir_fd_consume, unsigned depth, struct error *err);

static int remove_subdirectory(struct removal *removal, int dir_fd, const char *name,
			       unsigned depth, struct error *err)
{
	int fd, r = unlink_entry(dir_fd, name, AT_REMOVEDIR);

	if (r != -ENOTEMPTY && r != -EEXIST)
		return r < 0 ? error_set(err, -r, "removing %s: %s", name, strerror(-r)) : 0;
	if (depth >= DEPTH_MAX) {
		r = move_up(removal, dir_fd, name);
		return r < 0 ? error_set(err, -r, "removing %s: %s", name, strerror(-r)) : 0;
	}
	fd = open_directory(dir_fd, name);
	if (fd < 0)
		return error_from_errno(err, "removing %s: opening it", name);
	r = empty(removal, fd, depth + 1, err);
	if (r == 0)
		r = unlink_entry(dir_fd, name, AT_REMOVEDIR);
	return r < 0 && err->code == 0 ? error_set(err, -r, "removing %s: %s", name, strerror(-r))
				       : r;
}

static int remove_entry(struct removal *removal, int dir_fd, const struct dirent *entry,
			unsigned depth, struct error *err)
{
	int r;

	if (entry->d_type == DT_DIR)
		return remove_subdirectory(removal, dir_fd, entry->d_name, depth, err);
	r = unlink_entry(dir_fd, entry->d_name, 0);
	if (r == -EISDIR)
		return remove_subdirectory(removal, dir_fd, entry->d_name, depth, err);
	return r < 0 ? error_set(err, -r, "removing %s: %s", entry->d_name, strerror(-r)) : 0;
}

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* One pass over a directory; 1: something was there, and may still be. */
static int pass(struct removal *removal, DIR *dir, unsigned depth, struct error *err)
{
	struct dirent *entry;
	int found = 0;

	rewinddir(dir);
	while ((errno = 0, entry = readdir(dir)) != NULL) {
		int r;

		if (is_dots(entry->d_name))
			continue;
		found = 1;
		r = remove_entry(removal, dirfd(dir), entry, depth, err);
		if (r < 0)
			return r;
	}
	return errno != 0 ? error_from_errno(err, "reading a directory to remove") : found;
}

static int empty(struct removal *removal, int dir_fd_consume, unsigned depth, struct error *err)
{
	auto_dir DIR *dir = fdopendir(dir_fd_consume);
	int r;

	if (dir == NULL) {
		r = error_from_errno(err, "reading a directory to remove");
		(void)close(dir_fd_consume);
		return r;
	}
	/* Removing while reading may hide entries, and the top gets new ones. */
	do
		r = pass(removal, dir, depth, err);
	while (r > 0);
	return r;
}

static int remove_top(int dir_fd, const char *name, struct error *err)
{
	auto_close int top = open_directory(dir_fd, name);
	struct removal removal = { .top = top };
	int r, copy;

	if (top < 0)
		return error_from_errno(err, "opening it");
	copy = fcntl(top, F_DUPFD_CLOEXEC, 3);
	if (copy < 0)
		return error_from_errno(err, "opening it");
	r = empty(&removal, copy, 0, err);
	if (r < 0)
		return r;
	r = unlink_entry(dir_fd, name, AT_REMOVEDIR);
	return r < 0 ? error_set(err, -r, "%s", strerror(-r)) : 0;
}

int tree_remove(int dir_fd, const char *name, struct error *err)
{
	struct error mine = { 0 };
	int r = unlink_entry(dir_fd, name, 0);

	if (r == -EISDIR)
		r = remove_top(dir_fd, name, &mine);
	else if (r < 0)
		(void)error_set(&mine, -r, "%s", strerror(-r));
	return r < 0 ? error_set(err, -r, "removing %s: %s", name, mine.text) : 0;
}
