/* SPDX-License-Identifier: Apache-2.0 */
#include "common/kernel/host_path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/kernel/path_in_root.h"

/* As many symlinks as the kernel itself follows in one path. */
#define MAX_LINKS 40

struct walk {
	char rest[PATH_MAX]; /* what is left to resolve, from current */
	int current;
	bool trusted; /* every directory so far is root's alone */
	unsigned n_links;
};

static bool is_root_s_alone(const struct stat *st)
{
	return st->st_uid == 0 && (st->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* Goes on at fd, which is consumed. */
static int move_to_consume(struct walk *walk, int fd)
{
	struct stat st;

	if (fd < 0)
		return -errno;
	cleanup_close(&walk->current);
	walk->current = fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	walk->trusted = walk->trusted && (!S_ISDIR(st.st_mode) || is_root_s_alone(&st));
	return 0;
}

static int move_to_root(struct walk *walk)
{
	return move_to_consume(walk, open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
}

/* Puts what the link says before what is left. */
static int follow(struct walk *walk, int link)
{
	char target[PATH_MAX];
	char joined[PATH_MAX];
	ssize_t length = readlinkat(link, "", target, sizeof(target) - 1);
	int n;

	if (length < 0)
		return -errno;
	if (++walk->n_links > MAX_LINKS)
		return -ELOOP;
	target[length] = '\0';
	n = snprintf(joined, sizeof(joined), "%s/%s", target, walk->rest);
	if (n < 0 || (size_t)n >= sizeof(joined))
		return -ENAMETOOLONG;
	memcpy(walk->rest, joined, (size_t)n + 1);
	return target[0] == '/' ? move_to_root(walk) : 0;
}

/* Takes the first word from the rest; 0: there is none. */
static int take_word(struct walk *walk, char name[NAME_MAX + 1])
{
	size_t start = strspn(walk->rest, "/");
	size_t n = strcspn(walk->rest + start, "/");

	if (n > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(name, walk->rest + start, n);
	name[n] = '\0';
	memmove(walk->rest, walk->rest + start + n, strlen(walk->rest + start + n) + 1);
	return n > 0;
}

static int step(struct walk *walk, const char *name)
{
	auto_close int fd = openat(walk->current, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISLNK(st.st_mode))
		return move_to_consume(walk, take_fd(&fd));
	if (!walk->trusted || st.st_uid != 0)
		return -ELOOP;
	return follow(walk, fd);
}

static int walk_all(struct walk *walk)
{
	char name[NAME_MAX + 1];
	int r = move_to_root(walk);

	while (r >= 0 && (r = take_word(walk, name)) > 0)
		r = step(walk, name);
	return r;
}

int host_path_open(const char *path, int *ret_fd, struct error *err)
{
	struct walk walk = { .current = FD_NONE, .trusted = true };
	int r;

	if (path[0] != '/')
		return error_set(err, EINVAL, "%s is not an absolute path", path);
	r = path_open_no_symlinks(AT_FDCWD, path, O_PATH, ret_fd, err);
	if (r != -ELOOP)
		return r;
	if (strlen(path) >= sizeof(walk.rest))
		return r;
	memcpy(walk.rest, path, strlen(path) + 1);
	r = walk_all(&walk);
	if (r < 0)
		cleanup_close(&walk.current);
	if (r == -ELOOP)
		return error_set(err, ELOOP,
				 "opening %s: a symbolic link is in the way, and not root alone "
				 "can have made it",
				 path);
	if (r < 0)
		return error_set(err, -r, "opening %s: %s", path, strerror(-r));
	error_clear(err);
	*ret_fd = walk.current;
	return 0;
}
