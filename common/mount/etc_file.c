/* SPDX-License-Identifier: Apache-2.0 */
#include "common/mount/etc_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/kernel/path_in_root.h"
#include "common/mount/mount_tree.h"

/*
 * A new file below the store.  An old one of that name is dropped, not truncated:
 * another app may be reading it, and file systems such as ext4 flush a file that was
 * written after being truncated when it is closed, which takes milliseconds.
 */
static int create_in_store(int store, const char *name)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(store, name, flags, 0644);

	if (fd >= 0 || errno != EEXIST)
		return fd;
	if (unlinkat(store, name, 0) < 0)
		return -1;
	return openat(store, name, flags, 0644);
}

/* Writes the content below the store; the umask must not make it private to root. */
static int store_content(int store, const struct etc_file *file, int *ret_fd, struct error *err)
{
	auto_close int fd = FD_NONE;
	struct stat st = { 0 };
	int r;

	if (strchr(file->name, '/') != NULL)
		return error_set(err, EINVAL, "%s is not a plain name", file->name);
	fd = create_in_store(store, file->name);
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_from_errno(err, "creating %s", file->name);
	if ((st.st_mode & 07777) != 0644 && fchmod(fd, 0644) < 0)
		return error_from_errno(err, "setting the mode of %s", file->name);
	r = file_write_fd(fd, file->content, strlen(file->content));
	if (r < 0)
		return error_set(err, -r, "writing %s: %s", file->name, strerror(-r));
	*ret_fd = take_fd(&fd);
	return 0;
}

static int show(int root_fd, int store, const struct etc_file *file, struct error *err)
{
	static const struct path_owner owner = { .mode = 0644 };
	const struct mount_tree_attr attr = {
		.read_only = file->read_only, .no_suid = true, .no_dev = true, .no_exec = true
	};
	auto_close int content = FD_NONE;
	auto_close int target = FD_NONE;
	auto_close int tree = FD_NONE;
	int r;

	if (file->if_missing) {
		r = path_open(root_fd, file->target, O_PATH, &target, err);
		if (r != -ENOENT)
			return r;
		error_clear(err);
	}
	r = store_content(store, file, &content, err);
	if (r == 0)
		r = path_make_file(root_fd, file->target, &owner, &target, err);
	if (r == 0)
		r = mount_tree_clone(content, MOUNT_TREE_TOP, &tree, err);
	if (r == 0)
		r = mount_tree_confine(tree, &attr, MOUNT_TREE_TOP, MOUNT_TREE_PRIVATE, err);
	return r < 0 ? r : mount_tree_attach(tree, target, "", err);
}

int etc_file_show(int root_fd, int store, const struct etc_file *file, struct error *err)
{
	if (show(root_fd, store, file, err) < 0)
		return error_prefix(err, "showing a %s", file->target);
	return 0;
}
