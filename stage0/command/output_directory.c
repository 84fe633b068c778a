/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/command/output_directory.h"

#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/kernel/tree_remove.h"

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Whether the directory fd is the other one or lies below it. */
static bool is_within(int fd, const struct stat *other)
{
	auto_close int at = openat(fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat here, above;

	while (at >= 0 && fstat(at, &here) == 0) {
		int up = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (is_same(&here, other)) {
			cleanup_close(&up);
			return true;
		}
		cleanup_close(&at);
		at = up;
		if (up < 0 || fstat(up, &above) < 0 || is_same(&above, &here))
			return false;
	}
	return false;
}

static int check_replaced(const struct output_directory *directory, struct error *err)
{
	struct stat there, root;

	if (fstatat(directory->parent, directory->name, &there, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0
				       : error_from_errno(err, "looking at %s", directory->name);
	if (stat("/", &root) == 0 && is_same(&there, &root))
		return error_set(err, EINVAL, "this would delete your root filesystem. Refusing.");
	if (is_within(directory->store, &there))
		return error_set(err, EINVAL, "%s holds the data directory of rkt",
				 directory->name);
	return 1;
}

/* 1: something is there and may be replaced; 0: the place is free. */
static int check_place(const struct output_directory *directory, struct error *err)
{
	struct stat data;
	int r;

	if (strcmp(directory->name, ".") == 0 || strcmp(directory->name, "..") == 0)
		return error_set(err, EINVAL, "\"%s\" is not the name of a directory to make",
				 directory->name);
	r = check_replaced(directory, err);
	if (r < 0)
		return r;
	if (r > 0 && !directory->overwrite)
		return error_set(err, EEXIST, "output directory exists (try --overwrite)");
	if (fstat(directory->store, &data) < 0)
		return error_from_errno(err, "looking at the data directory");
	if (is_within(directory->parent, &data))
		return error_set(err, EINVAL, "%s lies in the data directory of rkt",
				 directory->name);
	return r;
}

static int open_parent(struct arena *arena, const char *path, int *ret_fd, struct error *err)
{
	char *copy = arena_string(arena, path);
	const char *parent = copy == NULL ? NULL : dirname(copy);

	if (parent == NULL)
		return error_set(err, ENOMEM, "out of memory");
	*ret_fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *ret_fd < 0 ? error_from_errno(err, "opening %s", parent) : 0;
}

int output_directory_open(struct arena *arena, const char *path, struct output_directory *directory,
			  struct error *err)
{
	char *copy = arena_string(arena, path);
	auto_close int parent = FD_NONE;
	int r;

	if (path[0] == '\0')
		return error_set(err, EINVAL, "the output directory has no name");
	directory->name = copy == NULL ? NULL : basename(copy);
	directory->temporary =
	    copy == NULL ? NULL
			 : arena_printf(arena, ".%.200s.tmp-%d", directory->name, (int)getpid());
	if (directory->temporary == NULL)
		return error_set(err, ENOMEM, "out of memory");
	r = open_parent(arena, path, &parent, err);
	if (r < 0)
		return r;
	directory->parent = parent;
	r = check_place(directory, err);
	directory->replaces = r > 0;
	if (r >= 0)
		r = tree_remove(parent, directory->temporary, err);
	/* Not open: there is nothing to remove. */
	directory->parent = r < 0 ? FD_NONE : take_fd(&parent);
	return r < 0 ? r : 0;
}

int output_directory_commit(struct output_directory *directory, struct error *err)
{
	const unsigned flags = directory->replaces ? RENAME_EXCHANGE : RENAME_NOREPLACE;

	if (renameat2(directory->parent, directory->temporary, directory->parent, directory->name,
		      flags) < 0)
		return error_from_errno(err, "naming it %s", directory->name);
	directory->is_filled = !directory->replaces;
	if (!directory->replaces)
		return 0;
	/* The old one has the temporary name now. */
	if (tree_remove(directory->parent, directory->temporary, err) < 0)
		return error_prefix(err, "removing what was there before, now called %s",
				    directory->temporary);
	directory->is_filled = true;
	return 0;
}

void output_directory_release(struct output_directory *directory)
{
	struct error ignored = { 0 };

	if (directory->parent >= 0 && !directory->is_filled)
		result_ignored(tree_remove(directory->parent, directory->temporary, &ignored));
	cleanup_close(&directory->parent);
}
