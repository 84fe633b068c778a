/* SPDX-License-Identifier: Apache-2.0 */
#include "image/squash_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/kernel/path_in_root.h"
#include "common/kernel/tree_remove.h"
#include "image/extract_data.h"
#include "image/extract_metadata.h"
#include "image/squash_remove.h"
#include "image/xattr_kept.h"

#define XATTR_LIST_MAX_BYTES 65536 /* the kernel's own limit */

int squash_tree_begin(struct squash_tree *tree, int root_fd, struct error *err)
{
	unsigned char *buffer = malloc(EXTRACT_BUFFER_BYTES);

	if (buffer == NULL)
		return error_set(err, ENOMEM, "preparing to extract: out of memory");
	*tree = (struct squash_tree){ .root_fd = root_fd, .parent_fd = FD_NONE, .buffer = buffer };
	return 0;
}

void squash_tree_release(struct squash_tree *tree)
{
	name_table_release(&tree->made);
	cleanup_free(&tree->buffer);
	cleanup_close(&tree->parent_fd);
}

/* Puts the time of the last entry's directory back. */
static int leave_parent(struct squash_tree *tree, struct error *err)
{
	if (tree->parent_fd < 0)
		return 0;
	if (futimens(tree->parent_fd, tree->parent_times) < 0)
		return error_from_errno(err, "setting the time of its directory");
	cleanup_close(&tree->parent_fd);
	return 0;
}

int squash_tree_finish(struct squash_tree *tree, struct error *err)
{
	return leave_parent(tree, err);
}

int squash_tree_begin_layer(struct squash_tree *tree, struct error *err)
{
	name_table_release(&tree->made);
	return leave_parent(tree, err);
}

static int note(struct squash_tree *tree, const char *name, size_t length, struct error *err)
{
	if (tree->made.n >= SQUASH_MAX_LAYER_NAMES)
		return error_set(err, EFBIG, "the layer has more than %u names",
				 SQUASH_MAX_LAYER_NAMES);
	if (name_table_set(&tree->made, name, length, NAME_FILE) < 0)
		return error_set(err, ENOMEM, "out of memory");
	return 0;
}

/* The layer has made a name, and so touched all directories on the way. */
static int note_parents(struct squash_tree *tree, const char *path, struct error *err)
{
	for (const char *slash = path; slash != NULL;) {
		int r;

		slash = strchr(slash, '/');
		r = note(tree, path, slash != NULL ? (size_t)(slash - path) : strlen(path), err);
		if (r < 0)
			return r;
		slash = slash != NULL ? slash + 1 : NULL;
	}
	return 0;
}

static int way_failed(const char *name, int code, struct error *err)
{
	struct entry_name_shown shown;

	(void)entry_name_show(name, &shown);
	if (code == ELOOP || code == ENOTDIR)
		return error_set(err, EINVAL, "leads through %s, which is no directory",
				 shown.text);
	if (code == EEXIST)
		return error_set(err, EINVAL,
				 "leads through %s, a link to what the image does not have",
				 shown.text);
	return error_set(err, code, "opening %s: %s", shown.text, strerror(code));
}

static int open_directory(const struct squash_tree *tree, const char *name)
{
	struct error ignored = { 0 };
	int fd = FD_NONE;
	int r = path_open(tree->root_fd, name, O_RDONLY | O_DIRECTORY | O_NONBLOCK, &fd, &ignored);

	return r < 0 ? r : fd;
}

/* A directory that no layer describes; the time of the one above stays. */
static int make_directory(int above, const char *last)
{
	static const struct timespec epoch[2] = { { 0, 0 }, { 0, 0 } };
	struct stat before;
	auto_close int fd = FD_NONE;

	if (fstat(above, &before) < 0 || mkdirat(above, last, 0755) < 0)
		return -errno;
	fd = openat(above, last, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fchmod(fd, 0755) < 0 || futimens(fd, epoch) < 0 ||
	    futimens(above, (const struct timespec[2]){ before.st_atim, before.st_mtim }) < 0)
		return -errno;
	return take_fd(&fd);
}

/* Opens a path's directory from the top, making what is missing; the fd or -errno with err. */
static int make_way(const struct squash_tree *tree, const char *path, struct error *err)
{
	auto_close int fd = open_directory(tree, "");
	char way[ENTRY_NAME_SIZE];
	size_t begin = 0;

	while (fd >= 0 && path[begin] != '\0') {
		size_t end = begin + strcspn(path + begin, "/");
		int next;

		memcpy(way, path, end);
		way[end] = '\0';
		next = open_directory(tree, way);
		if (next == -ENOENT)
			next = make_directory(fd, way + begin);
		if (next < 0)
			return way_failed(way, -next, err);
		cleanup_close(&fd);
		fd = next;
		begin = path[end] == '/' ? end + 1 : end;
	}
	return fd < 0 ? way_failed(path, -fd, err) : take_fd(&fd);
}

static int open_parent(struct squash_tree *tree, const char *parent, bool make, struct error *err)
{
	auto_close int fd = open_directory(tree, parent);
	struct stat found;

	if (fd == -ENOENT && make)
		fd = make_way(tree, parent, err);
	else if (fd == -ENOENT || (fd == -ENOTDIR && !make))
		return -ENOENT;
	else if (fd < 0)
		return way_failed(parent, -fd, err);
	if (fd < 0)
		return fd;
	if (fstat(fd, &found) < 0)
		return error_from_errno(err, "reading the time of its directory");
	tree->parent_times[0] = found.st_atim;
	tree->parent_times[1] = found.st_mtim;
	tree->parent_fd = take_fd(&fd);
	tree->parent_is_made = false;
	(void)snprintf(tree->parent, sizeof(tree->parent), "%s", parent);
	return 0;
}

/*
 * The directory that holds an entry, kept open for the entry's siblings.  make: the entry is
 * to be there afterwards; else -ENOENT, without err, says that there is no such directory.
 */
static int enter_parent(struct squash_tree *tree, const char *name, bool make, struct error *err)
{
	const char *last = entry_name_last(name);
	size_t length = last == name ? 0 : (size_t)(last - name) - 1;
	char parent[ENTRY_NAME_SIZE];
	int r;

	memcpy(parent, name, length);
	parent[length] = '\0';
	if (tree->parent_fd < 0 || strcmp(tree->parent, parent) != 0) {
		r = leave_parent(tree, err);
		r = r < 0 ? r : open_parent(tree, parent, make, err);
		if (r < 0)
			return r;
	}
	if (!make || tree->parent_is_made)
		return 0;
	tree->parent_is_made = true;
	return note_parents(tree, parent, err);
}

/* Takes away whatever a lower layer, or an earlier entry, has put there. */
static int clear_way(const struct squash_tree *tree, const char *last, struct error *err)
{
	if (unlinkat(tree->parent_fd, last, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR)
		return error_from_errno(err, "replacing what was there");
	return tree_remove(tree->parent_fd, last, err);
}

static struct extract_metadata metadata_of(struct squash_tree *tree, const struct tar_entry *entry)
{
	return (struct extract_metadata){
		.mode = entry->mode,
		.uid = entry->uid,
		.gid = entry->gid,
		.mtime = { .seconds = entry->mtime.seconds },
		.xattrs = entry->xattrs,
		.n_xattrs = entry->n_xattrs,
		.n_dropped_xattrs = &tree->n_dropped_xattrs,
	};
}

/* A directory of two layers has the xattrs of the upper only. */
static int drop_xattrs(int fd, struct error *err)
{
	char list[XATTR_LIST_MAX_BYTES];
	ssize_t length = flistxattr(fd, list, sizeof(list));

	if (length < 0 && errno != ENOTSUP)
		return error_from_errno(err, "listing the xattrs of a lower layer");
	for (const char *name = list; name < list + length; name += strlen(name) + 1)
		if (image_xattr_is_kept(name) && fremovexattr(fd, name) < 0)
			return error_from_errno(err, "removing the xattr %.64s of a lower layer",
						name);
	return 0;
}

static int add_root(struct squash_tree *tree, const struct tar_entry *entry, struct error *err)
{
	struct extract_metadata metadata = metadata_of(tree, entry);
	int r = leave_parent(tree, err);

	if (r == 0 && entry->type != TAR_DIRECTORY)
		return error_set(err, EINVAL, "has no name");
	r = r < 0 ? r : drop_xattrs(tree->root_fd, err);
	return r < 0 ? r : extract_metadata_apply(tree->root_fd, &metadata, err);
}

static int add_directory(struct squash_tree *tree, const char *last, const struct tar_entry *entry,
			 struct error *err)
{
	struct extract_metadata metadata = metadata_of(tree, entry);
	auto_close int fd = FD_NONE;
	struct stat found;
	int r = 0;

	if (fstatat(tree->parent_fd, last, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
	    !S_ISDIR(found.st_mode))
		r = clear_way(tree, last, err);
	if (r == 0 && mkdirat(tree->parent_fd, last, 0700) < 0 && errno != EEXIST)
		r = error_from_errno(err, "creating it");
	if (r < 0)
		return r;
	fd = openat(tree->parent_fd, last, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_from_errno(err, "opening it");
	r = drop_xattrs(fd, err);
	return r < 0 ? r : extract_metadata_apply(fd, &metadata, err);
}

static int add_file(struct squash_tree *tree, const char *last, const struct tar_entry *entry,
		    struct tar_reader *data, struct error *err)
{
	struct extract_metadata metadata = metadata_of(tree, entry);
	auto_close int fd = FD_NONE;
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int r;

	fd = openat(tree->parent_fd, last, flags, 0600);
	if (fd < 0 && errno == EEXIST) {
		r = clear_way(tree, last, err);
		if (r < 0)
			return r;
		fd = openat(tree->parent_fd, last, flags, 0600);
	}
	if (fd < 0)
		return error_from_errno(err, "creating it");
	r = extract_data(fd, data, tree->buffer, err);
	return r < 0 ? r : extract_metadata_apply(fd, &metadata, err);
}

static int add_special(struct squash_tree *tree, const char *last, const struct tar_entry *entry,
		       struct error *err)
{
	struct extract_metadata metadata = metadata_of(tree, entry);
	bool is_symlink = entry->type == TAR_SYMLINK;
	int r = clear_way(tree, last, err);

	if (r < 0)
		return r;
	r = is_symlink ? symlinkat(entry->link_name, tree->parent_fd, last)
		       : mknodat(tree->parent_fd, last, S_IFIFO | 0600, 0);
	if (r < 0)
		return error_from_errno(err, "creating it");
	return extract_metadata_apply_at(tree->parent_fd, last, is_symlink, &metadata, err);
}

int squash_tree_add(struct squash_tree *tree, const char *name, const struct tar_entry *entry,
		    struct tar_reader *data, struct error *err)
{
	const char *last = entry_name_last(name);
	int r;

	if (name[0] == '\0')
		return add_root(tree, entry, err);
	r = enter_parent(tree, name, true, err);
	r = r < 0 ? r : note(tree, name, strlen(name), err);
	if (r < 0)
		return r;
	switch (entry->type) {
	case TAR_DIRECTORY:
		return add_directory(tree, last, entry, err);
	case TAR_FILE:
		return add_file(tree, last, entry, data, err);
	case TAR_SYMLINK:
	case TAR_FIFO:
		return add_special(tree, last, entry, err);
	case TAR_HARD_LINK:
	case TAR_CHARACTER_DEVICE:
	case TAR_BLOCK_DEVICE:
		break;
	}
	return error_set(err, EINVAL, "is of a kind that a layer may not hold");
}

/* Opens the directory of a link's target, which must hold something that can have two names. */
static int open_target(const struct squash_tree *tree, const char *existing, struct error *err)
{
	const char *last = entry_name_last(existing);
	auto_free char *parent = strndup(existing, (size_t)(last - existing));
	auto_close int fd = parent == NULL ? -ENOMEM : open_directory(tree, parent);
	struct entry_name_shown shown;
	struct stat found;

	(void)entry_name_show(existing, &shown);
	if (fd < 0 || fstatat(fd, last, &found, AT_SYMLINK_NOFOLLOW) < 0)
		return error_set(err, EINVAL,
				 "is a hard link to %s, which is not in the image before it",
				 shown.text);
	if (S_ISDIR(found.st_mode))
		return error_set(err, EINVAL, "is a hard link to %s, which is a directory",
				 shown.text);
	return take_fd(&fd);
}

int squash_tree_link(struct squash_tree *tree, const char *name, const char *existing,
		     struct error *err)
{
	const char *last = entry_name_last(name);
	auto_close int from = open_target(tree, existing, err);
	int r;

	if (from < 0)
		return from;
	if (strcmp(name, existing) == 0)
		return error_set(err, EINVAL, "is a hard link to itself");
	r = enter_parent(tree, name, true, err);
	r = r < 0 ? r : note(tree, name, strlen(name), err);
	r = r < 0 ? r : clear_way(tree, last, err);
	if (r < 0)
		return r;
	if (linkat(from, entry_name_last(existing), tree->parent_fd, last, 0) < 0)
		return error_from_errno(err, "linking it");
	return 0;
}

int squash_tree_remove(struct squash_tree *tree, const char *name, const char *last,
		       struct error *err)
{
	struct squash_removal removal = { .made = &tree->made, .path = { 0 } };
	int r = enter_parent(tree, name, false, err);

	/* A whiteout in a directory that is not there takes nothing away. */
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	memcpy(removal.path, tree->parent, sizeof(removal.path));
	return last != NULL ? squash_remove_lower(&removal, tree->parent_fd, last, err)
			    : squash_remove_all_lower(&removal, tree->parent_fd, err);
}
