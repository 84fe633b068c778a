/* SPDX-License-Identifier: Apache-2.0 */
#include "common/kernel/tree_copy.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/arena.h"
#include "common/base/cleanup.h"
#include "common/base/text.h"
#include "common/kernel/file_clone.h"

/* Deeper than any image can be, shallower than the stack and the descriptors reach. */
#define DEPTH_MAX 300

/* A file with more than one name, and where its first copy is. */
struct linked_file {
	ino_t inode;
	const char *path; /* below the copy's root */
	struct linked_file *next;
};

#define LINK_BUCKETS 1024

struct copying {
	int root;         /* of the copy */
	struct text path; /* of the entry at hand, below it; "" is the root */
	struct arena arena;
	struct linked_file *links[LINK_BUCKETS];
	unsigned depth;
	struct error *err;
};

static int refuse(struct copying *copying, int code)
{
	return error_set(copying->err, code, "%s: %s",
			 copying->path.length == 0 ? "/" : text_string(&copying->path),
			 strerror(code));
}

/* 1: made as a link to its first copy; 0: this is the first. */
static int link_to_first(struct copying *copying, const struct stat *st, int to_dir,
			 const char *name)
{
	struct linked_file **bucket = &copying->links[st->st_ino % LINK_BUCKETS];
	struct linked_file *file;

	if (st->st_nlink < 2)
		return 0;
	for (file = *bucket; file != NULL; file = file->next)
		if (file->inode == st->st_ino)
			return linkat(copying->root, file->path, to_dir, name, 0) < 0 ? -errno : 1;
	file = arena_new(&copying->arena, struct linked_file);
	if (file == NULL)
		return -ENOMEM;
	file->inode = st->st_ino;
	file->path = arena_string(&copying->arena, text_string(&copying->path));
	file->next = *bucket;
	*bucket = file;
	return file->path == NULL ? -ENOMEM : 0;
}

static int copy_file(int from_dir, const char *name, const struct stat *st, int to_dir)
{
	auto_close int from = openat(from_dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	auto_close int to = FD_NONE;
	int r;

	if (from < 0)
		return -errno;
	to = openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0)
		return -errno;
	r = file_clone_content(from, to, st->st_size);
	return r < 0 ? r : file_clone_metadata(from, to, st);
}

/* Symlinks, devices, FIFOs, sockets: nothing to open. */
static int copy_special(int from_dir, const char *name, const struct stat *st, int to_dir)
{
	const struct timespec times[2] = { st->st_atim, st->st_mtim };
	char target[PATH_MAX];
	ssize_t n;

	if (S_ISLNK(st->st_mode)) {
		n = readlinkat(from_dir, name, target, sizeof(target) - 1);
		if (n < 0)
			return -errno;
		target[n] = '\0';
		if (symlinkat(target, to_dir, name) < 0)
			return -errno;
	} else if (mknodat(to_dir, name, st->st_mode, st->st_rdev) < 0) {
		return -errno;
	}
	if (fchownat(to_dir, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (!S_ISLNK(st->st_mode) && fchmodat(to_dir, name, st->st_mode & 07777, 0) < 0)
		return -errno;
	return utimensat(to_dir, name, times, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

static int copy_directory(struct copying *copying, int from_dir, const char *from_name, int to_dir,
			  const char *to_name);

static int copy_entry(struct copying *copying, int from_dir, const char *name, int to_dir)
{
	struct stat st;
	int r;

	if (fstatat(from_dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return refuse(copying, errno);
	if (S_ISDIR(st.st_mode))
		return copy_directory(copying, from_dir, name, to_dir, name);
	r = link_to_first(copying, &st, to_dir, name);
	if (r == 0)
		r = S_ISREG(st.st_mode) ? copy_file(from_dir, name, &st, to_dir)
					: copy_special(from_dir, name, &st, to_dir);
	return r < 0 ? refuse(copying, -r) : 0;
}

static int copy_entries(struct copying *copying, DIR *from, int to)
{
	size_t length = copying->path.length;
	struct dirent *entry;

	while ((errno = 0, entry = readdir(from)) != NULL) {
		int r;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		r = text_printf(&copying->path, "%s%s", length == 0 ? "" : "/", entry->d_name);
		if (r < 0)
			return refuse(copying, -r);
		r = copy_entry(copying, dirfd(from), entry->d_name, to);
		if (r < 0)
			return r;
		copying->path.length = length;
		copying->path.data[length] = '\0';
	}
	return errno != 0 ? refuse(copying, errno) : 0;
}

/* 0700 until it is full, then as the original: metadata comes last. */
static int make_directory(int to_dir, const char *name, int *ret_fd)
{
	int fd;

	if (mkdirat(to_dir, name, 0700) < 0)
		return -errno;
	fd = openat(to_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

static int copy_directory(struct copying *copying, int from_dir, const char *from_name, int to_dir,
			  const char *to_name)
{
	int fd = openat(from_dir, from_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	auto_dir DIR *from = fd < 0 ? NULL : fdopendir(fd);
	auto_close int to = FD_NONE;
	struct stat st;
	int r;

	if (from == NULL) {
		r = refuse(copying, errno);
		cleanup_close(&fd);
		return r;
	}
	if (++copying->depth > DEPTH_MAX)
		return refuse(copying, ELOOP);
	r = make_directory(to_dir, to_name, &to);
	if (r == 0 && fstat(fd, &st) < 0)
		r = -errno;
	if (r < 0)
		return refuse(copying, -r);
	if (copying->root < 0)
		copying->root = to;
	r = copy_entries(copying, from, to);
	copying->depth--;
	if (r < 0)
		return r;
	r = file_clone_metadata(fd, to, &st);
	return r < 0 ? refuse(copying, -r) : 0;
}

int tree_copy_entry(int from_dir, const char *name, int to_dir)
{
	struct stat st;

	if (fstatat(from_dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	return S_ISREG(st.st_mode) ? copy_file(from_dir, name, &st, to_dir)
				   : copy_special(from_dir, name, &st, to_dir);
}

int tree_copy(int from_dir, const char *from_name, int to_dir, const char *to_name,
	      struct error *err)
{
	struct copying *copying = calloc(1, sizeof(*copying));
	int r;

	if (copying == NULL)
		return error_set(err, ENOMEM, "copying %s", from_name);
	copying->root = FD_NONE;
	copying->err = err;
	r = copy_directory(copying, from_dir, from_name, to_dir, to_name);
	arena_release(&copying->arena);
	text_release(&copying->path);
	free(copying);
	return r;
}
