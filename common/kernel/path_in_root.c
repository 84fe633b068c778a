/* SPDX-License-Identifier: Apache-2.0 */
#include "common/kernel/path_in_root.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/kernel/kernel_floor.h"
#include "common/kernel/syscall.h"

/* The kernel answers EAGAIN when something was renamed while it looked at "..". */
#define MAX_TRIES 128

/* As many symlinks as the kernel itself follows in one path. */
#define MAX_LINKS 40

/* Opens with one of the RESOLVE_ scopes; returns the fd or -errno. */
static int open_scoped(int dir_fd, const char *path, int flags, uint64_t resolve)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned)flags | O_CLOEXEC,
		.resolve = resolve | RESOLVE_NO_MAGICLINKS,
	};

	if ((flags & O_PATH) == 0)
		how.flags |= O_NOCTTY;
	for (int i = 0; i < MAX_TRIES; i++) {
		int fd = syscall_openat2(dir_fd, path[0] == '\0' ? "." : path, &how);

		if (fd >= 0)
			return fd;
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
	}
	return -EAGAIN;
}

static int open_failed(int r, const char *path, struct error *err)
{
	errno = -r;
	return kernel_floor_error(err, "openat2", "opening %s", path[0] == '\0' ? "/" : path);
}

int path_open(int root_fd, const char *path, int flags, int *ret_fd, struct error *err)
{
	int fd = open_scoped(root_fd, path, flags, RESOLVE_IN_ROOT);

	if (fd < 0)
		return open_failed(fd, path, err);
	*ret_fd = fd;
	return 0;
}

int path_open_no_symlinks(int dir_fd, const char *path, int flags, int *ret_fd, struct error *err)
{
	int fd = open_scoped(dir_fd, path, flags, RESOLVE_NO_SYMLINKS);

	if (fd == -ELOOP)
		return error_set(err, ELOOP, "opening %s: a symbolic link is in the way", path);
	if (fd < 0)
		return open_failed(fd, path, err);
	*ret_fd = fd;
	return 0;
}

/* One name, which cannot lead anywhere but right below its directory. */
static bool is_component(const char *name)
{
	return name[0] != '\0' && strchr(name, '/') == NULL && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0;
}

enum wanted { WANT_DIRECTORY, WANT_FILE };

/* Gives something that was just made the mode and owner it should have. */
static int adopt(int parent_fd, const char *name, int made_fd, const struct path_owner *owner)
{
	auto_close int fd = FD_NONE;
	struct stat st;
	struct stat again;

	if (fstat(made_fd, &st) < 0)
		return -errno;
	if ((st.st_uid != owner->uid || st.st_gid != owner->gid) &&
	    fchownat(made_fd, "", owner->uid, owner->gid, AT_EMPTY_PATH) < 0)
		return -errno;
	if ((st.st_mode & 07777) == owner->mode)
		return 0;
	/* fchmod() refuses O_PATH; the name may be another's by now, so look again. */
	fd = openat(parent_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &again) < 0)
		return -errno;
	if (again.st_dev != st.st_dev || again.st_ino != st.st_ino)
		return -EAGAIN;
	return fchmod(fd, owner->mode) < 0 ? -errno : 0;
}

/* Makes name right below parent_fd and opens it; -EEXIST: it is there, perhaps as a symlink. */
static int make_at(int parent_fd, const char *name, enum wanted wanted,
		   const struct path_owner *owner, int *ret_fd)
{
	int type = wanted == WANT_DIRECTORY ? O_DIRECTORY : 0;
	auto_close int fd = FD_NONE;
	int r;

	r = wanted == WANT_DIRECTORY ? mkdirat(parent_fd, name, owner->mode & 0777)
				     : mknodat(parent_fd, name, S_IFREG | (owner->mode & 0777), 0);
	if (r < 0)
		return -errno;
	fd = openat(parent_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC | type);
	if (fd < 0)
		return -errno;
	r = adopt(parent_fd, name, fd, owner);
	if (r < 0)
		return r;
	*ret_fd = take_fd(&fd);
	return 0;
}

/* A path on its way to being made. */
struct walk {
	int root_fd;
	char path[PATH_MAX]; /* what is left to resolve, from the root */
	size_t start, end;   /* the current component in it */
};

/* Finds the component after the current one; false at the end. */
static bool walk_next(struct walk *walk)
{
	walk->start = walk->end + strspn(walk->path + walk->end, "/");
	walk->end = walk->start + strcspn(walk->path + walk->start, "/");
	return walk->end > walk->start;
}

static bool walk_at_last(const struct walk *walk)
{
	return walk->path[walk->end + strspn(walk->path + walk->end, "/")] == '\0';
}

/*
 * Replaces the current component, a dangling symlink, by what it says.  The
 * result is text like any other path: whatever it says, only the kernel
 * resolves it, inside the root.
 */
static int walk_substitute(struct walk *walk, int parent_fd, const char *name)
{
	char target[PATH_MAX];
	char joined[PATH_MAX];
	ssize_t length = readlinkat(parent_fd, name, target, sizeof(target) - 1);
	size_t keep;
	int n;

	if (length < 0)
		return -errno;
	target[length] = '\0';
	keep = target[0] == '/' ? 0 : walk->start;
	n = snprintf(joined, sizeof(joined), "%.*s%s%s", (int)keep, walk->path, target,
		     walk->path + walk->end);
	if (n < 0 || (size_t)n >= sizeof(joined))
		return -ENAMETOOLONG;
	memcpy(walk->path, joined, (size_t)n + 1);
	return 0;
}

/* Opens the current component, or makes it in the directory before it. */
static int walk_step(struct walk *walk, int parent_fd, enum wanted wanted,
		     const struct path_owner *owner, int *ret_fd)
{
	static const struct path_owner on_the_way = { .mode = 0755 };
	bool last = walk_at_last(walk);
	char name[NAME_MAX + 1];
	char after = walk->path[walk->end];
	struct path_owner parent = on_the_way;
	int fd;
	int r;

	if (walk->end - walk->start > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(name, walk->path + walk->start, walk->end - walk->start);
	name[walk->end - walk->start] = '\0';

	walk->path[walk->end] = '\0';
	fd = open_scoped(walk->root_fd, walk->path, O_PATH, RESOLVE_IN_ROOT);
	walk->path[walk->end] = after;
	if (fd >= 0) {
		*ret_fd = fd;
		return 0;
	}
	if (fd != -ENOENT)
		return fd;
	parent.uid = geteuid();
	parent.gid = getegid();
	r = make_at(parent_fd, name, last ? wanted : WANT_DIRECTORY, last ? owner : &parent,
		    ret_fd);
	if (r != -EEXIST)
		return r;
	r = walk_substitute(walk, parent_fd, name);
	/* EINVAL: no symlink any more, somebody else was quicker.  Both times from the start. */
	return r == 0 || r == -EINVAL ? -ERESTART : r;
}

static int walk_once(struct walk *walk, enum wanted wanted, const struct path_owner *owner,
		     int *ret_fd)
{
	auto_close int current = open_scoped(walk->root_fd, "/", O_PATH, RESOLVE_IN_ROOT);

	if (current < 0)
		return current;
	walk->end = 0;
	while (walk_next(walk)) {
		int next = FD_NONE;
		int r = walk_step(walk, current, wanted, owner, &next);

		if (r < 0)
			return r;
		cleanup_close(&current);
		current = next;
	}
	*ret_fd = take_fd(&current);
	return 0;
}

static int walk_all(int root_fd, const char *path, enum wanted wanted,
		    const struct path_owner *owner, int *ret_fd)
{
	struct walk walk = { .root_fd = root_fd };
	size_t length = strlen(path);

	if (length >= sizeof(walk.path))
		return -ENAMETOOLONG;
	memcpy(walk.path, path, length + 1);
	for (int i = 0; i <= MAX_LINKS; i++) {
		int r = walk_once(&walk, wanted, owner, ret_fd);

		if (r != -ERESTART)
			return r;
	}
	return -ELOOP;
}

/* Most targets exist: one call opens them.  Only a missing one is walked to. */
static int open_or_make(int root_fd, const char *path, enum wanted wanted,
			const struct path_owner *owner, int *ret_fd)
{
	auto_close int fd = open_scoped(root_fd, path, O_PATH, RESOLVE_IN_ROOT);
	struct stat st;
	int r;

	if (fd == -ENOENT) {
		r = walk_all(root_fd, path, wanted, owner, &fd);
		if (r < 0)
			return r;
	}
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (wanted == WANT_DIRECTORY && !S_ISDIR(st.st_mode))
		return -ENOTDIR;
	if (wanted == WANT_FILE && S_ISDIR(st.st_mode))
		return -EISDIR;
	*ret_fd = take_fd(&fd);
	return 0;
}

static int make_failed(int r, const char *what, const char *path, struct error *err)
{
	errno = -r;
	return kernel_floor_error(err, "openat2", "making the %s %s", what, path);
}

int path_make_directory(int root_fd, const char *path, const struct path_owner *owner, int *ret_fd,
			struct error *err)
{
	int r = open_or_make(root_fd, path, WANT_DIRECTORY, owner, ret_fd);

	return r < 0 ? make_failed(r, "directory", path, err) : 0;
}

int path_make_file(int root_fd, const char *path, const struct path_owner *owner, int *ret_fd,
		   struct error *err)
{
	int r = open_or_make(root_fd, path, WANT_FILE, owner, ret_fd);

	return r < 0 ? make_failed(r, "file", path, err) : 0;
}

static int open_directory_here(int dir_fd, const char *name)
{
	int fd = openat(dir_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int path_replace_with_directory(int dir_fd, const char *name, int *ret_fd, struct error *err)
{
	int fd;

	if (!is_component(name))
		return error_set(err, EINVAL, "making the directory %s: not a plain name", name);
	fd = open_directory_here(dir_fd, name);
	if (fd == -ENOTDIR || fd == -ELOOP) {
		if (unlinkat(dir_fd, name, 0) < 0)
			return error_from_errno(err, "replacing %s by a directory", name);
		fd = -ENOENT;
	}
	if (fd == -ENOENT) {
		if (mkdirat(dir_fd, name, 0755) < 0)
			return error_from_errno(err, "making the directory %s", name);
		fd = open_directory_here(dir_fd, name);
	}
	if (fd < 0)
		return error_set(err, -fd, "opening the directory %s: %s", name, strerror(-fd));
	*ret_fd = fd;
	return 0;
}

int path_replace_symlink(int dir_fd, const char *name, const char *destination, struct error *err)
{
	if (!is_component(name))
		return error_set(err, EINVAL, "making the symlink %s: not a plain name", name);
	if (symlinkat(destination, dir_fd, name) == 0)
		return 0;
	if (errno == EEXIST) {
		if (unlinkat(dir_fd, name, 0) < 0)
			return error_from_errno(err, "replacing %s by a symlink", name);
		if (symlinkat(destination, dir_fd, name) == 0)
			return 0;
	}
	return error_from_errno(err, "making the symlink %s", name);
}

int path_read_file(int root_fd, const char *path, size_t limit, struct text *text,
		   struct error *err)
{
	auto_close int fd = FD_NONE;
	struct stat st;
	int r;

	r = path_open(root_fd, path, O_RDONLY | O_NONBLOCK, &fd, err);
	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0)
		return error_from_errno(err, "reading %s", path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, EINVAL, "reading %s: not a regular file", path);
	r = file_read_fd(fd, limit, text);
	if (r == -EFBIG)
		return error_set(err, EFBIG, "reading %s: larger than %zu bytes", path, limit);
	if (r < 0)
		return error_set(err, -r, "reading %s: %s", path, strerror(-r));
	return 0;
}

int path_stat(int root_fd, const char *path, struct stat *ret, struct error *err)
{
	auto_close int fd = FD_NONE;
	struct stat st;
	int r;

	r = path_open(root_fd, path, O_PATH, &fd, err);
	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0)
		return error_from_errno(err, "looking at %s", path);
	*ret = st;
	return 0;
}
