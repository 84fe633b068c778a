/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/command/output_directory.h"

#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/kernel/tree_remove.h"

static bool is_root(int at, const char *name)
{
	struct stat there, root;

	return fstatat(at, name, &there, 0) == 0 && stat("/", &root) == 0 &&
	       there.st_dev == root.st_dev && there.st_ino == root.st_ino;
}

static int check_place(const struct output_directory *directory, bool overwrite, struct error *err)
{
	if (is_root(directory->parent, directory->name))
		return error_set(err, EINVAL, "this would delete your root filesystem. Refusing.");
	if (strcmp(directory->name, ".") == 0 || strcmp(directory->name, "..") == 0)
		return error_set(err, EINVAL, "\"%s\" is not the name of a directory to make",
				 directory->name);
	if (faccessat(directory->parent, directory->name, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0
				       : error_from_errno(err, "looking at %s", directory->name);
	if (!overwrite)
		return error_set(err, EEXIST, "output directory exists (try --overwrite)");
	return 1;
}

int output_directory_open(struct arena *arena, const char *path, bool overwrite,
			  struct output_directory *ret, struct error *err)
{
	char *for_parent = arena_string(arena, path), *for_name = arena_string(arena, path);
	struct output_directory directory = OUTPUT_DIRECTORY_NONE;
	int r;

	if (for_parent == NULL || for_name == NULL)
		return error_set(err, ENOMEM, "out of memory");
	if (path[0] == '\0')
		return error_set(err, EINVAL, "the output directory has no name");
	directory.name = basename(for_name);
	directory.temporary = arena_printf(arena, ".%.200s.tmp-%d", directory.name, (int)getpid());
	if (directory.temporary == NULL)
		return error_set(err, ENOMEM, "out of memory");
	for_parent = dirname(for_parent);
	directory.parent = open(for_parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory.parent < 0)
		return error_from_errno(err, "opening %s", for_parent);
	r = check_place(&directory, overwrite, err);
	if (r >= 0)
		r = tree_remove(directory.parent, directory.temporary, err) < 0 ? -err->code : r;
	if (r < 0) {
		cleanup_close(&directory.parent);
		return r;
	}
	directory.replaces = r > 0;
	*ret = directory;
	return 0;
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
